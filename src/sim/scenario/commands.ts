import { zxidOf } from "../../base/zxid.ts";
import { Broadcast } from "../../zab/broadcast.ts";
import type { ClientOp, SubOp } from "../world/clientOps.ts";
import { filesText, stateText } from "./dump.ts";
import { Stage } from "./stage.ts";

/** Runs the commands of one scenario, one after the other, on its stage. */
export class Commands {
  private stage: Stage | undefined;

  /** What it prints, in lines. Throws for a command that does not exist and for what a checker finds. */
  run(command: string): readonly string[] {
    const [name = "", ...words] = command.split(/\s+/);
    if (name === "servers") {
      const [count = "3", ...options] = words;
      this.stage = new Stage(Number(count), new Map(options.map((option) => pair(option))));
      return [];
    }
    this.stage ??= new Stage(3, new Map());
    carryOut(this.stage, name, words);
    return this.stage.transcript.take();
  }
}

function carryOut(stage: Stage, name: string, words: readonly string[]): void {
  const run = COMMANDS[name];
  if (run === undefined) throw new Error(`there is no command ${name}`);
  run(stage, words);
}

type Command = (stage: Stage, words: readonly string[]) => void;

const COMMANDS: Readonly<Record<string, Command>> = {
  // Time.
  /** Until nothing is under way. */
  step: (stage) => stage.step(),
  /** So many ms pass. */
  tick: (stage, [ms]) => stage.cluster.run(Number(ms)),
  /** Until a message holds the text: `until 1->3 ACK`; at most 60 s. */
  until: (stage, words) => {
    const text = words.join(" ");
    const before = stage.transcript.count(text);
    const came = stage.cluster.runUntil(() => stage.transcript.count(text) > before, 60_000);
    if (!came) stage.transcript.say(`no ${text}`);
  },
  /** Until all servers that run serve. */
  settle: (stage) => {
    if (!stage.settle()) stage.transcript.say("not everybody serves");
    stage.transcript.say(stage.summary());
  },
  /** Starts all, if none runs, until the named server leads and all serve; tells the outcome only. */
  elect: (stage, [leader]) => {
    stage.quietly(() => {
      if (stage.up.length === 0) for (const node of stage.cluster.nodes) node.start();
      stage.settle();
    });
    const leads = stage.cluster.node(Number(leader)).server?.peer.role.kind === "leading";
    stage.transcript.say(leads ? stage.summary() : `${leader} does not lead: ${stage.summary()}`);
  },
  quietly: (stage, [name = "", ...words]) => stage.quietly(() => carryOut(stage, name, words)),

  // Processes and machines.
  start: (stage, ids) => each(stage, ids, (node) => node.start()),
  restart: (stage, ids) => each(stage, ids, (node) => node.start()),
  /** The power fails; what was not synced is gone. */
  crash: (stage, ids) => each(stage, ids, (node) => node.powerOff(0, () => "lost")),
  /** The power fails when the disk has made so many changes of its next command: `crash-in 2 3`. */
  "crash-in": (stage, [id, changes]) => each(stage, [id ?? ""], (node) => node.powerOff(Number(changes), () => "lost")),
  /** The process dies; the system keeps what it wrote. */
  kill: (stage, ids) => each(stage, ids, (node) => node.kill()),
  stop: (stage, ids) => each(stage, ids, (node) => node.stop()),
  pause: (stage, ids) => each(stage, ids, (node) => node.pause()),
  resume: (stage, ids) => each(stage, ids, (node) => node.resume()),
  "hold-disk": (stage, ids) => each(stage, ids, (node) => node.holdDisk()),
  "release-disk": (stage, ids) => each(stage, ids, (node) => node.releaseDisk()),
  /** The next sync of the disk reports an error. */
  "fail-sync": (stage, ids) =>
    each(stage, ids, (node) => {
      node.disk.failsNextSync = true;
    }),
  "wall-clock": (stage, [id, ms]) =>
    each(stage, [id ?? ""], (node) => {
      node.wallOffsetMs += Number(ms);
    }),

  // Networks. `cut 1 | 2 3`, and one way only: `cut 1 > 2 3`.
  cut: (stage, words) => cut(stage, words),
  heal: (stage) => {
    const hosts = stage.cluster.nodes.map(({ host }) => host);
    for (const from of hosts) for (const to of hosts) stage.cluster.network.unblock(from, to);
  },

  client: (stage, [id = "", verb = "", ...words]) => client(stage, id, verb, words),

  // What is to be seen.
  dump: (stage) => stage.transcript.sayAll(stage.cluster.nodes.map(stateText)),
  files: (stage, ids) => each(stage, ids, (node) => stage.transcript.sayAll([filesText(node)])),
  /** How often a server event was seen. */
  seen: (stage, [name = ""]) => stage.transcript.say(`${name} ${stage.cluster.seen.get(name) ?? 0} times`),
  /** Sets the counter of the leader's epoch: `counter fffffff0`. Nothing may have been written yet. */
  counter: (stage, [hex = ""]) => setCounter(stage, Number.parseInt(hex, 16)),
};

function each(stage: Stage, ids: readonly string[], run: (node: Stage["up"][number]) => void): void {
  for (const id of ids) run(stage.cluster.node(Number(id)));
}

function cut(stage: Stage, words: readonly string[]): void {
  const at = words.findIndex((word) => word === "|" || word === ">");
  const [left, right] = [words.slice(0, at), words.slice(at + 1)];
  const { network } = stage.cluster;
  for (const a of left) {
    for (const b of right) {
      network.path(`s${a}`, `s${b}`).blocked = true;
      if (words[at] === "|") network.path(`s${b}`, `s${a}`).blocked = true;
    }
  }
}

function client(stage: Stage, id: string, verb: string, words: readonly string[]): void {
  switch (verb) {
    case "connect": {
      const [server = "", ...options] = words;
      const timeoutMs = Number(new Map(options.map(pair)).get("timeout") ?? 10_000);
      const settings = { timeoutMs, reconnects: false, pings: !options.includes("silent") };
      const known = stage.existing(id) ?? stage.newClient(id, settings);
      return known.connect(stage.cluster.clientAddress(Number(server)));
    }
    case "fill":
      return fill(stage, id, words);
    case "drop":
      return stage.client(id).drop();
    case "die":
      return stage.client(id).die();
    default: {
      const op = opOf(verb, words);
      if (stage.client(id).call(op) === undefined) stage.transcript.say(`client ${id}: not connected`);
    }
  }
}

/** `client 1 fill /n 10`: creates /n0 to /n9, and tells only that. */
function fill(stage: Stage, id: string, [path = "/", count = "1"]: readonly string[]): void {
  const writer = stage.client(id);
  const created = stage.quietly(() => {
    const calls = Array.from({ length: Number(count) }, (_, i) => writer.call(opOf("write", [`${path}${i}`])));
    stage.step();
    return calls.filter((call) => call?.answer?.err === 0).length;
  });
  stage.transcript.say(`client ${id}: ${created} nodes created`);
}

function opOf(verb: string, words: readonly string[]): ClientOp {
  const [path = "/", text = ""] = words;
  switch (verb) {
    case "write":
      return { kind: "create", path, text, mode: "persistent", stat: false };
    case "get":
    case "exists":
    case "children":
      return { kind: verb, path, watch: words.includes("watch") };
    case "sync":
      return { kind: "sync", path };
    case "close":
      return { kind: "close" };
    case "multi":
      return {
        kind: "multi",
        ops: words
          .join(" ")
          .split(",")
          .map((part) => subOpOf(part.trim().split(/\s+/))),
      };
    default:
      return subOpOf([verb, ...words]);
  }
}

function subOpOf([verb = "", path = "/", text = ""]: readonly string[]): SubOp {
  switch (verb) {
    case "create":
      return { kind: "create", path, text, mode: "persistent", stat: false };
    case "ephemeral":
    case "sequential":
    case "container":
    case "ttl":
      return { kind: "create", path, text, mode: verb, stat: false };
    case "delete":
      return { kind: "delete", path, version: -1 };
    case "set":
      return { kind: "set", path, text, version: -1 };
    default:
      throw new Error(`a client cannot ${verb}`);
  }
}

function pair(option: string): [string, string] {
  const [key = "", value = ""] = option.split("=");
  return [key, value];
}

/**
 * No client has the time for 2^32 writes: the leader, private fields and all, is made to stand at a transaction that never was.
 * Followers have to join it anew.
 */
function setCounter(stage: Stage, counter: number): void {
  for (const { server } of stage.up) {
    if (server?.peer.role.kind !== "leading") continue;
    const { home } = server;
    const last = zxidOf(home.currentEpoch, counter);
    const { leader } = server.peer.role.leading;
    Object.assign(leader, { broadcast: new Broadcast(last), lastProcessed: last, lastTxn: last });
    home.journal.reset(last);
    home.database.tree.lastProcessedZxid = last;
    stage.replication.pretend(last);
  }
}
