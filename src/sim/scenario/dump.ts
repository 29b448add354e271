import { readEpoch } from "../../store/epochFiles.ts";
import { LogFile } from "../../store/logFile.ts";
import { storedFiles } from "../../store/names.ts";
import type { DataTree } from "../../tree/dataTree.ts";
import { textOf } from "../world/clientOps.ts";
import type { Node } from "../world/node.ts";
import { zxidText } from "../world/wiretap.ts";

/** `1 following, epochs 1/1, zxid 1:3, logged 1:3, 1 session: /a=x /b`. */
export function stateText(node: Node): string {
  const { server } = node;
  if (server === undefined) return `${node.id} down`;
  const { home, peer } = server;
  const { tree, sessions } = home.database;
  const epochs = `epochs ${home.acceptedEpoch}/${home.currentEpoch}`;
  const zxids = `zxid ${zxidText(tree.lastProcessedZxid)}, logged ${zxidText(home.journal.lastLogged)}`;
  const serves = home.clients.serving === undefined ? `${peer.role.kind}, not serving` : peer.role.kind;
  return `${node.id} ${serves}, ${epochs}, ${zxids}, sessions ${sessions.size}: ${nodesText(tree)}`.trimEnd();
}

/** What lies on the disk: epoch files, snapshots, and the records of the logs. */
export function filesText(node: Node): string {
  const { files } = node.disk;
  const epochs = `acceptedEpoch ${readEpoch(files, "acceptedEpoch")}, currentEpoch ${readEpoch(files, "currentEpoch")}`;
  const snapshots = storedFiles(files, "snapshot").map(({ zxid }) => zxidText(zxid));
  return `${node.id} ${epochs}, snapshots ${snapshots.join(" ")}, log ${logText(node)}`;
}

function nodesText(tree: DataTree): string {
  const found: string[] = [];
  const visit = (path: string): void => {
    const ref = tree.find(path);
    const text = textOf(tree.data(ref));
    if (path !== "/") found.push(text === "" ? path : `${path}=${text}`);
    for (const name of [...tree.childNames(ref)].sort()) {
      if (name !== "zookeeper") visit(path === "/" ? `/${name}` : `${path}/${name}`);
    }
  };
  visit("/");
  return found.join(" ");
}

/** Every log by itself: behind a leader's snapshot there may be a gap between two of them. */
function logText(node: Node): string {
  const { files } = node.disk;
  const texts = storedFiles(files, "log").map(({ name }) => {
    const file = new LogFile(files, name, { maxRecordBytes: 0x7fffffff, dropDamagedTail: false });
    file.checkHeader();
    const zxids: string[] = [];
    for (let entry = file.next(); entry !== undefined; entry = file.next()) zxids.push(zxidText(entry.zxid));
    return zxids.length > 6 ? `${zxids[0]} .. ${zxids.at(-1)}` : zxids.join(" ");
  });
  return texts.filter((text) => text !== "").join(", ");
}
