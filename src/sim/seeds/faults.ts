import type { Fate, UnsyncedChange } from "../../store/memoryDirectory.ts";
import type { Random } from "../random.ts";
import type { Cluster } from "../world/cluster.ts";
import type { Node } from "../world/node.ts";

/**
 * What goes wrong, at random moments, one thing over another: processes, power, networks, disks, clocks. Every fault ends by
 * itself; all are honest ones, under which nothing may ever be lost.
 */
export class Faults {
  private readonly cluster: Cluster;
  private readonly random: Random;
  private readonly meanPauseMs: number;
  private readonly weights: Readonly<Record<FaultName, number>>;
  private readonly restarting = new Set<Node>();
  private running = true;

  constructor(cluster: Cluster, random: Random) {
    this.cluster = cluster;
    this.random = random;
    this.meanPauseMs = random.pick([300, 1000, 3000]);
    this.weights = swarm(random);
    this.next();
    this.supervise();
  }

  /** Everything works again, and stays so. */
  stop(): void {
    this.running = false;
    for (const node of this.cluster.nodes) this.repair(node);
    for (const { host: from } of this.cluster.nodes) for (const to of this.hosts()) this.heal(from, to);
    for (const node of this.cluster.nodes) node.start();
  }

  private repair(node: Node): void {
    node.endAfterEffects(Number.POSITIVE_INFINITY);
    node.disk.works();
    node.disk.failsNextSync = false;
    node.disk.manners.maxDelayMs = node.disk.manners.minDelayMs + 2;
    node.resume();
    node.releaseDisk();
    if (node.isStopping) node.kill();
  }

  private heal(from: string, to: string): void {
    for (const [a, b] of [
      [from, to],
      [to, from],
    ] as const) {
      Object.assign(this.cluster.network.path(a, b), { minDelayMs: 0.1, maxDelayMs: 2, pieces: 0 });
      this.cluster.network.unblock(a, b);
    }
  }

  private next(): void {
    this.later(this.random.between(0, 2 * this.meanPauseMs), () => {
      this.strike();
      this.next();
    });
  }

  private strike(): void {
    const name = this.random.weighted(this.weights);
    const node = this.victim();
    this.cluster.mark(`fault ${name}`);
    this.cluster.line(`fault: ${name} (${node.host})`);
    this.inflict(name, node);
  }

  private inflict(name: FaultName, node: Node): void {
    switch (name) {
      case "kill":
        return node.kill();
      case "stop":
        return node.stop();
      case "power":
        return this.powerOff(node);
      case "blackout":
        for (const other of this.cluster.nodes) this.powerOff(other);
        return;
      case "killAtEffect":
        return node.endAfterEffects(this.random.below(60));
      case "killInRecovery":
        return this.killInRecovery(node);
      case "pause":
        return this.pause(node);
      case "partition":
        return this.partition();
      case "isolate":
        return this.isolate(node);
      case "unheardLeader":
        return this.unheardLeader(node);
      case "slowNetwork":
        return this.slowNetwork(node);
      case "reset":
        return this.cluster.network.reset(node.host, this.random.pick(this.hosts()));
      case "holdDisk":
        return this.holdDisk(node);
      case "slowDisk":
        return this.slowDisk(node);
      case "failSync":
        node.disk.failsNextSync = true;
        return;
      case "wallClock":
        node.wallOffsetMs = Math.floor(this.random.between(-1, 1) * 3_600_000 * this.random.pick([0, 1, 720]));
        return;
    }
  }

  /** Nearly always a server that runs; the leader more often than its share. */
  private victim(): Node {
    const { nodes } = this.cluster;
    const leader = nodes.find((node) => node.server?.peer.role.kind === "leading");
    return leader !== undefined && this.random.chance(0.35) ? leader : this.random.pick(nodes);
  }

  private powerOff(node: Node): void {
    node.powerOff(this.random.below(8), this.fate());
  }

  private killInRecovery(node: Node): void {
    node.kill();
    node.disk.stopAfterChanges(this.random.below(12));
    node.start();
    if (!node.isUp && this.random.chance(0.5)) node.disk.powerOff(this.fate());
    else node.disk.works();
  }

  /** The end of a machine is of one kind: everything unsynced lost, or everything kept, or a draw for each change. */
  private fate(): (change: UnsyncedChange) => Fate {
    const kind = this.random.pick(["lost", "kept", "drawn"] as const);
    if (kind !== "drawn") return () => kind;
    return ({ bytes }) => {
      if (bytes > 1 && this.random.chance(0.4)) return this.random.below(bytes);
      return this.random.pick(["kept", "lost"] as const);
    };
  }

  private pause(node: Node): void {
    node.pause();
    this.later(this.duration(), () => node.resume());
  }

  private partition(): void {
    const hosts = this.hosts();
    const isLeft = new Map(hosts.map((host) => [host, this.random.chance(0.5)]));
    const oneWay = this.random.chance(0.3);
    const pairs = hosts.flatMap((from) => hosts.map((to) => [from, to] as const));
    const cut = pairs.filter(([from, to]) => isLeft.get(from) === true && isLeft.get(to) === false);
    this.block(oneWay ? cut : cut.flatMap(([from, to]) => [[from, to] as const, [to, from] as const]));
  }

  private isolate(node: Node): void {
    const others = this.cluster.nodes.filter((other) => other !== node).map(({ host }) => host);
    const ways = this.random.pick(["in", "out", "both"] as const);
    const cut = others.flatMap((other) => [
      ...(ways === "in" ? [] : [[node.host, other] as const]),
      ...(ways === "out" ? [] : [[other, node.host] as const]),
    ]);
    this.block(cut);
  }

  /** What it logs now nobody else hears of, and then it dies: it comes back with a tail that has to be cut. */
  private unheardLeader(node: Node): void {
    const { network, nodes } = this.cluster;
    const others = nodes.filter((other) => other !== node).map(({ host }) => host);
    for (const to of others) network.path(node.host, to).blocked = true;
    this.later(this.random.between(50, 1000), () => {
      node.kill();
      for (const to of others) {
        network.reset(node.host, to);
        network.unblock(node.host, to);
      }
    });
  }

  private block(pairs: readonly (readonly [string, string])[]): void {
    const { network } = this.cluster;
    for (const [from, to] of pairs) network.path(from, to).blocked = true;
    const resets = this.random.chance(0.4);
    this.later(this.duration(), () => {
      for (const [from, to] of pairs) {
        if (resets) network.reset(from, to);
        network.unblock(from, to);
      }
    });
  }

  private slowNetwork(node: Node): void {
    const { network } = this.cluster;
    const maxDelayMs = this.random.pick([20, 100, 600]);
    const pieces = this.random.pick([0, 0.5, 0.9]);
    const paths = this.hosts().flatMap((host) => [network.path(node.host, host), network.path(host, node.host)]);
    for (const path of paths) Object.assign(path, { maxDelayMs, pieces });
    this.later(this.duration(), () => {
      for (const path of paths) Object.assign(path, { maxDelayMs: 2, pieces: 0 });
    });
  }

  private holdDisk(node: Node): void {
    node.holdDisk();
    this.later(this.duration(), () => node.releaseDisk());
  }

  private slowDisk(node: Node): void {
    const { manners } = node.disk;
    manners.maxDelayMs = this.random.pick([20, 100, 500]);
    this.later(this.duration(), () => {
      manners.maxDelayMs = 3;
    });
  }

  /** Short ones, those around a time-out, and long ones. */
  private duration(): number {
    return this.random.between(0.2, 1) * this.random.pick([300, 3000, 9000]);
  }

  /** Whatever is down comes back after a while. */
  private supervise(): void {
    for (const node of this.cluster.nodes) {
      if (node.isUp || this.restarting.has(node)) continue;
      this.restarting.add(node);
      this.later(this.random.between(20, this.random.pick([200, 6000])), () => {
        this.restarting.delete(node);
        node.start();
      });
    }
    this.later(100, () => this.supervise());
  }

  private later(delayMs: number, run: () => void): void {
    this.cluster.clock.after(delayMs, "timer", () => {
      if (this.running) run();
    });
  }

  private hosts(): readonly string[] {
    return [...this.cluster.nodes.map(({ host }) => host), ...this.cluster.clients.map(({ name }) => name)];
  }
}

type FaultName = keyof typeof WEIGHTS;

/** Each run draws its own mix: some faults are left out, so that those that are left meet each other more often. */
function swarm(random: Random): Readonly<Record<FaultName, number>> {
  const mix = { ...WEIGHTS };
  for (const name of faultNames()) if (random.chance(0.4)) mix[name] = 0;
  mix.reset = Math.max(mix.reset, 0.1);
  return mix;
}

function faultNames(): readonly FaultName[] {
  return Object.keys(WEIGHTS).filter((name): name is FaultName => name in WEIGHTS);
}

const WEIGHTS = {
  kill: 8,
  stop: 4,
  power: 8,
  blackout: 2,
  killAtEffect: 8,
  killInRecovery: 4,
  pause: 4,
  partition: 6,
  isolate: 6,
  unheardLeader: 4,
  slowNetwork: 4,
  reset: 4,
  holdDisk: 6,
  slowDisk: 4,
  failSync: 3,
  wallClock: 2,
};
