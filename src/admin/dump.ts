import { hex64 } from "../base/bytes.ts";
import { socketAddressText } from "../base/hostText.ts";
import type { SessionId } from "../base/ids.ts";
import type { Dump, DumpedConnection, ExpirySets } from "../server/status.ts";
import { javaDate } from "./javaDate.ts";

/**
 * The answer to `dump` (operations 2.5). Sessions and paths come in no order, as in Java; sets that time has emptied are not
 * listed, which Java does until their instant has passed.
 */
export function dump({ localSessions, globalSessions, ephemerals, connections }: Dump): string {
  const local = localSessions === undefined ? "" : `Local Session ${setsText(localSessions, sessionText)}`;
  return [
    `SessionTracker dump:\n${local}${globalText(globalSessions, localSessions !== undefined)}`,
    `ephemeral nodes dump:\nSessions with Ephemerals (${ephemerals.size}):\n${ephemeralsText(ephemerals)}`,
    `Connections dump:\nConnections ${setsText(connections, connectionText)}`,
  ].join("");
}

function globalText(sessions: Dump["globalSessions"], hasLocal: boolean): string {
  if ("sets" in sessions) return `${hasLocal ? "Global " : ""}Session ${setsText(sessions, sessionText)}`;
  const ordered = [...sessions].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = ordered.map(([id, timeoutMs]) => `${sessionText(id)}\t${timeoutMs}ms\n`);
  return `Global Sessions(${sessions.size}):\n${lines.join("")}`;
}

function setsText<T>({ size, sets }: ExpirySets<T>, text: (member: T) => string): string {
  const blocks = sets.map(([expiryWallMs, members]) => {
    const lines = members.map((member) => `\t${text(member)}\n`);
    return `${members.length} expire at ${javaDate(expiryWallMs)}:\n${lines.join("")}`;
  });
  return `Sets (${sets.length})/(${size}):\n${blocks.join("")}`;
}

function ephemeralsText(ephemerals: Dump["ephemerals"]): string {
  const blocks = Array.from(ephemerals, ([id, paths]) => [
    `${sessionText(id)}:\n`,
    ...paths.map((path) => `\t${path}\n`),
  ]);
  return blocks.flat().join("");
}

function sessionText(id: SessionId): string {
  return `0x${hex64(id)}`;
}

function connectionText({ host, port, sessionId }: DumpedConnection): string {
  return `ip: ${socketAddressText(host, port)} sessionId: ${sessionText(sessionId)}`;
}
