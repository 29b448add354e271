import type { Kind } from "../peers/server.ts";

/** How a learner was brought up to date. `from`: where the leader took the history of a DIFF; undefined when there was none to take. */
export type Sync = { readonly by: "diff" | "trunc" | "snap"; readonly from?: "memory" | "disk" };

/** What a leader's log says of the learner with this sid, in order. Java names no sid where it sends a snapshot. */
export function syncsSent(kind: Kind, log: string, sid: number): readonly Sync[] {
  const lines = log.split("\n");
  return kind === "java" ? javaSyncsSent(lines, sid) : typekeeperSyncsSent(lines, sid);
}

/** What a learner's log says, in order. */
export function syncsTaken(kind: Kind, log: string): readonly Sync["by"][] {
  const lines = log.split("\n");
  if (kind === "ts") return lines.flatMap((line) => syncEvent(line, "learner.syncing").map(({ by }) => by));
  return lines.flatMap((line): readonly Sync["by"][] => {
    if (line.includes("Getting a diff from the leader")) return ["diff"];
    if (line.includes("Getting a snapshot from leader")) return ["snap"];
    return line.includes("Truncating log to get in sync with the leader") ? ["trunc"] : [];
  });
}

function javaSyncsSent(lines: readonly string[], sid: number): readonly Sync[] {
  const peer = new RegExp(`peer sid: ?${sid}$`);
  let from: "memory" | "disk" | undefined;
  return lines.flatMap((line): readonly Sync[] => {
    if (line.includes("Sending snapshot last zxid of peer is")) return [{ by: "snap" }];
    if (!peer.test(line)) return [];
    if (line.includes("Using committedLog")) from = "memory";
    if (line.includes("Use txnlog and committedLog")) from = "disk";
    if (line.includes("Sending DIFF")) return [from === undefined ? { by: "diff" } : { by: "diff", from }];
    return line.includes("Sending TRUNC") ? [{ by: "trunc" }] : [];
  });
}

/** A committed log holds 500 transactions: more can only come from the disk. */
function typekeeperSyncsSent(lines: readonly string[], sid: number): readonly Sync[] {
  return lines.flatMap((line): readonly Sync[] =>
    syncEvent(line, "leader.syncing")
      .filter((event) => Number(event.sid) === sid)
      .map(({ by, entries = 0 }) => {
        if (by !== "diff" || entries === 0) return { by };
        return { by, from: entries > COMMITTED_LOG ? "disk" : "memory" };
      }),
  );
}

type SyncEvent = { readonly by: Sync["by"]; readonly sid?: string; readonly entries?: number };

/** The event in a line of our log, if it is the one of this name. */
function syncEvent(line: string, name: string): readonly SyncEvent[] {
  if (!line.startsWith("{") || !line.endsWith("}")) return [];
  const { event, msg } = JSON.parse(line);
  return event === name ? [JSON.parse(msg)] : [];
}

const COMMITTED_LOG = 500;
