import { Op } from "../wire/client/numbers.ts";

/** Four letters an operation, as `cons` prints the last one (operations 2.5). */
export function opName(op: number): string {
  return NAMES.get(op) ?? "NA";
}

const NAMES: ReadonlyMap<number, string> = new Map<number, string>([
  [Op.create, "CREA"],
  [Op.create2, "CRE2"],
  [Op.createContainer, "CREC"],
  [Op.createTTL, "CRET"],
  [Op.delete, "DELE"],
  [Op.exists, "EXIS"],
  [Op.getData, "GETD"],
  [Op.setData, "SETD"],
  [Op.getACL, "GETA"],
  [Op.setACL, "SETA"],
  [Op.getChildren, "GETC"],
  [Op.getChildren2, "GETC"],
  [Op.getAllChildrenNumber, "GETACN"],
  [Op.getEphemerals, "GETE"],
  [Op.sync, "SYNC"],
  [Op.ping, "PING"],
  [Op.multi, "MULT"],
  [Op.multiRead, "MLTR"],
  [Op.reconfig, "RECO"],
  [Op.setWatches, "SETW"],
  [Op.setWatches2, "STW2"],
  [Op.checkWatches, "CHKW"],
  [Op.removeWatches, "REMW"],
  [Op.addWatch, "ADDW"],
  [Op.whoAmI, "WHOA"],
  [Op.auth, "AUTH"],
  [Op.sasl, "SASL"],
  [Op.closeSession, "CLOS"],
  [Op.createSession, "SESS"],
]);
