import { hex64 } from "../base/bytes.ts";
import type { SessionId } from "../base/ids.ts";
import type { WatchesStatus } from "../server/status.ts";

// What a server says of its data watches (operations 2.5). Paths and sessions come in no order, as in Java.

export function wchs({ connectionCount, pathCount, watchCount }: WatchesStatus): string {
  return `${connectionCount} connections watching ${pathCount} paths\nTotal watches:${watchCount}\n`;
}

export function wchp(watches: WatchesStatus): string {
  const blocks = Array.from(watches.byPath(), ([path, sessions]) => block(path, sessions.map(sessionText)));
  return `${blocks.join("")}\n`;
}

export function wchc(watches: WatchesStatus): string {
  const pathsOf = new Map<SessionId, string[]>();
  for (const [path, sessions] of watches.byPath()) {
    for (const session of sessions) {
      const paths = pathsOf.get(session);
      if (paths === undefined) pathsOf.set(session, [path]);
      else paths.push(path);
    }
  }
  const blocks = Array.from(pathsOf, ([session, paths]) => block(sessionText(session), paths));
  return `${blocks.join("")}\n`;
}

function block(head: string, rows: readonly string[]): string {
  return [head, ...rows.map((row) => `\t${row}`)].map((line) => `${line}\n`).join("");
}

function sessionText(id: SessionId): string {
  return `0x${hex64(id)}`;
}
