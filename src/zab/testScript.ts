import { present } from "../base/assert.ts";
import { asciiBytes, bytesOfHex, concatBytes, hexBytes } from "../base/bytes.ts";
import { toServerId } from "../base/ids.ts";
import { counterOf, epochOf, toZxid, type Zxid, zxidOf } from "../base/zxid.ts";
import {
  DesignatedLeader,
  IntData,
  LearnerInfo,
  PacketType,
  PROTOCOL_VERSION,
  type QuorumPacket,
} from "../wire/peer/packets.ts";
import type { TxnBytes } from "../wire/txnValue.ts";
import { CommittedLog } from "./committedLog.ts";

/**
 * For tests: packets and zxids as text, so that a peer can be written down as a transcript.
 *
 * A zxid is `epoch:counter`, and the transaction of a zxid has the zxid's text as its bytes. A packet is its name, its zxid, and what
 * its data says: `FOLLOWERINFO 5:0 sid=2`, `ACKEPOCH 5:9 epoch=5`, `NEWLEADER 6:0`, `COMMITANDACTIVATE 6:3 leader=2`; `data=null` or
 * `data=<hex>` replaces the data.
 */
export function zxidOfText(text: string): Zxid {
  if (!text.includes(":")) return toZxid(BigInt(text));
  const [epoch = "", counter = ""] = text.split(":");
  return zxidOf(Number(epoch), Number(counter));
}

export function textOfZxid(zxid: bigint): string {
  if (zxid === -1n) return "-1";
  return `${epochOf(toZxid(zxid))}:${counterOf(toZxid(zxid))}`;
}

export function txn(zxid: Zxid): TxnBytes {
  return { zxid, bytes: asciiBytes(textOfZxid(zxid)) };
}

/** `"5:1-5:3 6:1"`: single zxids and ranges inside an epoch. */
export function txnsOfText(text: string): TxnBytes[] {
  return text
    .split(" ")
    .filter((part) => part !== "")
    .flatMap((part) => {
      const [first = "", last = first] = part.split("-");
      const from = zxidOfText(first);
      const count = Number(zxidOfText(last) - from) + 1;
      return Array.from({ length: count }, (_, i) => txn(toZxid(from + BigInt(i))));
    });
}

export function committedLogOf(text: string, limit = 500): CommittedLog {
  const log = new CommittedLog(limit);
  for (const entry of txnsOfText(text)) log.add(entry);
  return log;
}

export function packetOfText(text: string): QuorumPacket {
  const [name = "", zxidText = "", ...rest] = text.split(" ");
  const fields = new Map(
    rest.map((field) => [field.slice(0, field.indexOf("=")), field.slice(field.indexOf("=") + 1)]),
  );
  const zxid = zxidOfText(zxidText);
  const given = fields.get("data");
  const data = given === undefined ? dataOf(name, zxid, fields) : given === "null" ? null : bytesOfHex(given);
  const auth = fields.get("auth");
  const authinfo = auth === undefined ? null : [{ scheme: "ip", id: auth }];
  return { type: typeOf(name), zxid, data, authinfo };
}

export function textOfPacket({ type, zxid, data, authinfo }: QuorumPacket): string {
  const name = nameOf(type);
  const head = `${name} ${textOfZxid(zxid)}`;
  const auth = authinfo === null ? "" : ` auth=${authinfo[0]?.id}`;
  return `${head}${describeData(name, zxid, data)}${auth}`;
}

/** What NEWLEADER carries in transcripts. */
export const CONFIG_TEXT = asciiBytes("version=0");

function typeOf(name: string): number {
  return present(TYPES.get(name), `a packet is called ${name}`);
}

function nameOf(type: number): string {
  for (const [name, known] of TYPES) if (known === type) return name;
  return `TYPE${type}`;
}

function dataOf(name: string, zxid: Zxid, fields: ReadonlyMap<string, string>): Uint8Array | null {
  switch (name) {
    case "FOLLOWERINFO":
    case "OBSERVERINFO":
      return LearnerInfo.encode({
        serverId: BigInt(fields.get("sid") ?? "0"),
        protocolVersion: Number(fields.get("protocol") ?? PROTOCOL_VERSION),
        configVersion: BigInt(fields.get("config") ?? "0"),
      });
    case "LEADERINFO":
      return IntData.encode({ value: Number(fields.get("protocol") ?? PROTOCOL_VERSION) });
    case "ACKEPOCH":
      return IntData.encode({ value: Number(fields.get("epoch") ?? "0") });
    case "NEWLEADER":
      return CONFIG_TEXT;
    case "PROPOSAL":
    case "INFORM":
      return txn(zxid).bytes;
    case "COMMITANDACTIVATE":
      return DesignatedLeader.encode({ serverId: BigInt(fields.get("leader") ?? "0") });
    case "INFORMANDACTIVATE": {
      const leader = DesignatedLeader.encode({ serverId: BigInt(fields.get("leader") ?? "0") });
      return concatBytes([leader, txn(zxid).bytes]);
    }
    default:
      return null;
  }
}

function describeData(name: string, zxid: bigint, data: Uint8Array | null): string {
  const usual = dataOf(name, toZxid(zxid), new Map());
  if (data === null) return usual === null ? "" : " data=null";
  if (name === "ACKEPOCH") return ` epoch=${IntData.decode(data).value}`;
  if (usual !== null && hexBytes(usual) === hexBytes(data)) return "";
  if (name === "FOLLOWERINFO" || name === "OBSERVERINFO") {
    const info = LearnerInfo.decode(data);
    return ` sid=${toServerId(info.serverId)}${info.configVersion === 0n ? "" : ` config=${info.configVersion}`}`;
  }
  return ` data=${hexBytes(data)}`;
}

const TYPES: ReadonlyMap<string, number> = new Map([
  ...Object.entries(PacketType).map(([name, type]): [string, number] => [name.toUpperCase(), type]),
  ["UNKNOWN", 99],
]);
