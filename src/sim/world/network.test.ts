import { concatBytes } from "../../base/bytes.ts";
import { Random } from "../random.ts";
import { Clock } from "./clock.ts";
import type { SimLink } from "./link.ts";
import { type LinkEvents, Network, type Path } from "./network.ts";

/** One connection from a to b, and what each end hears. */
class Wire {
  readonly clock = new Clock();
  readonly network: Network;
  readonly heard: Uint8Array[] = [];
  readonly log: string[] = [];
  near: SimLink | undefined;
  far: SimLink | undefined;

  constructor(path: Partial<Path>, seed = 1) {
    const fresh = { minDelayMs: 1, maxDelayMs: 1, blocked: false, pieces: 0, ...path };
    this.network = new Network(this.clock, new Random(seed), fresh);
    this.network.listen("b:1", (link) => {
      this.far = link;
      return this.events("far");
    });
  }

  dial(timeoutMs = 5000): this {
    const opened = (link: SimLink): LinkEvents => {
      this.near = link;
      return this.events("near");
    };
    this.network.dial("a", "b:1", timeoutMs, opened, (reason) => this.log.push(reason));
    return this;
  }

  run(ms = 100): this {
    this.clock.runUntil(this.clock.nowMs + ms);
    return this;
  }

  private events(end: string): LinkEvents {
    return {
      bytes: (chunk) => this.heard.push(chunk.slice()),
      drained: () => this.log.push(`${end} drained`),
      closed: () => this.log.push(`${end} closed`),
    };
  }
}

const SENT = Uint8Array.from({ length: 300 }, (_, i) => i);

test.each<[string, Partial<Path>]>([
  ["whole", {}],
  ["delayed at random", { minDelayMs: 0, maxDelayMs: 50 }],
  ["in pieces", { pieces: 0.9 }],
  ["byte by byte", { pieces: "bytes" }],
])("bytes arrive in order, %s", (_name, path) => {
  for (let seed = 1; seed <= 20; seed++) {
    const wire = new Wire(path, seed).dial().run();
    for (let at = 0; at < SENT.length; at += 60) wire.near?.write(SENT.subarray(at, at + 60));
    wire.run();
    expect(concatBytes(wire.heard)).toEqual(SENT);
  }
});

test("the writer's memory is its own again at once", () => {
  const wire = new Wire({}).dial().run();
  const bytes = Uint8Array.of(1, 2, 3);
  wire.near?.write(bytes);
  bytes.fill(9);
  wire.run();
  expect(wire.heard).toEqual([Uint8Array.of(1, 2, 3)]);
});

test("closed: everything written arrives, then both ends hear of the end, once", () => {
  const wire = new Wire({ pieces: "bytes" }).dial().run();
  wire.near?.write(SENT);
  wire.near?.close();
  wire.near?.write(SENT);
  wire.run();
  expect(concatBytes(wire.heard)).toEqual(SENT);
  expect(wire.log.sort()).toEqual(["far closed", "near closed"]);
});

test("destroyed: a beginning of what was written arrives, never anything else", () => {
  const lengths = new Set<number>();
  for (let seed = 1; seed <= 60; seed++) {
    const wire = new Wire({ minDelayMs: 0, maxDelayMs: 20 }, seed).dial().run();
    for (let at = 0; at < SENT.length; at += 60) wire.near?.write(SENT.subarray(at, at + 60));
    wire.near?.destroy();
    wire.run();
    const arrived = concatBytes(wire.heard);
    expect(arrived).toEqual(SENT.subarray(0, arrived.length));
    expect(wire.log.sort()).toEqual(["far closed", "near closed"]);
    lengths.add(arrived.length);
  }
  expect(lengths.size).toBeGreaterThan(3);
});

test("blocked one way: bytes wait and arrive later; the other way goes on", () => {
  const wire = new Wire({}).dial().run();
  wire.network.path("a", "b").blocked = true;
  wire.near?.write(Uint8Array.of(1));
  wire.far?.write(Uint8Array.of(2));
  wire.run();
  expect(wire.heard).toEqual([Uint8Array.of(2)]);
  wire.network.unblock("a", "b");
  wire.run();
  expect(wire.heard).toEqual([Uint8Array.of(2), Uint8Array.of(1)]);
});

test("an end that happens behind a block is heard of after it", () => {
  const wire = new Wire({}).dial().run();
  wire.network.path("b", "a").blocked = true;
  wire.network.hostDied("b");
  wire.run();
  expect(wire.log).toEqual([]);
  wire.network.unblock("b", "a");
  wire.run();
  expect(wire.log).toEqual(["near closed"]);
});

test("paused: nothing is delivered until it reads again, and the writer sees its queue", () => {
  const wire = new Wire({}).dial().run();
  wire.far?.pause();
  wire.near?.write(new Uint8Array(100_000));
  wire.run();
  expect(wire.heard).toEqual([]);
  expect(wire.near?.queuedBytes).toBe(100_000 - 65_536);
  wire.far?.resume();
  wire.run();
  expect(concatBytes(wire.heard).length).toBe(100_000);
  expect(wire.log).toEqual(["near drained"]);
});

describe("dialling", () => {
  test("nobody listens", () => {
    const wire = new Wire({});
    wire.network.unlisten("b:1");
    expect(wire.dial().run().log).toEqual(["connection refused"]);
  });

  test("a hole, for longer than the dial may take", () => {
    const wire = new Wire({});
    wire.network.path("b", "a").blocked = true;
    expect(wire.dial(2000).run(3000).log).toEqual(["connection timed out"]);
  });

  test("a hole that ends in time", () => {
    const wire = new Wire({});
    wire.network.path("a", "b").blocked = true;
    wire.dial(5000).run(500);
    wire.network.unblock("a", "b");
    wire.run(5000);
    expect(wire.near?.isOver).toBe(false);
  });

  test("a reset while it opens", () => {
    const wire = new Wire({ minDelayMs: 5, maxDelayMs: 5 }).dial();
    wire.run(7);
    wire.network.reset("a", "b");
    expect(wire.run().log.sort()).toEqual(["connection reset", "far closed"]);
  });
});
