import { FakeLink } from "../server/testServer.ts";
import { StallableLink } from "./stallableLink.ts";

/** Steps on a link, and what the real one and the server have seen of them; a step in brackets comes from the other side. */
function check(steps: string, seen: string): void {
  const real = new FakeLink(7, "127.0.0.1");
  const link = new StallableLink(real);
  const heard: string[] = [];
  const events = link.eventsFor({
    bytes: (chunk) => heard.push(`heard ${Buffer.from(chunk)}`),
    drained: () => heard.push("drained"),
    closed: () => heard.push("closed"),
  });
  const acts: Readonly<Record<string, () => void>> = {
    stall: () => link.stall(),
    goOn: () => link.goOn(),
    cut: () => link.cut(),
    close: () => link.close(),
    destroy: () => link.destroy(),
    pause: () => link.pause(),
    resume: () => link.resume(),
    "[bytes]": () => events.bytes(Buffer.from("in")),
    "[drained]": () => events.drained(),
    "[end]": () => events.closed(),
  };
  for (const step of steps.split(" ")) (acts[step] ?? (() => link.write(Buffer.from(step))))();
  const written = real.writes.map((bytes) => `${Buffer.from(bytes)}`);
  const state = [...(real.state === "open" ? [] : [real.state]), ...(real.isPaused ? ["paused"] : [])];
  const queued = link.queuedBytes > 0 ? [`${link.queuedBytes} queued`] : [];
  expect([...written, ...state, ...queued, ...heard].join(", ")).toBe(seen);
}

test.each([
  ["a b [bytes] [drained] [end]", "a, b, heard in, drained, closed"],
  ["pause", "paused"],
  ["pause resume close", "closed"],
  ["destroy", "destroyed"],
  ["a cut", "a, destroyed"],
])("not stalled it is the real link: %s", check);

test.each([
  ["a stall b c", "a, paused, 2 queued"],
  ["a stall b c goOn d", "a, b, c, d"],
  ["stall pause goOn", "paused"],
  ["stall resume", "paused"],
  ["pause stall resume goOn", ""],
  ["stall stall a goOn", "paused, 1 queued"],
  ["stall stall a goOn goOn", "a"],
  ["stall a goOn stall b goOn", "a, b"],
])("bytes wait: %s", check);

test.each([
  ["stall a close b", "paused, 1 queued"],
  ["stall a close b goOn", "a, closed"],
  ["stall a destroy b", "paused"],
  ["stall a destroy close goOn", "destroyed"],
  ["stall a close destroy goOn", "destroyed"],
  ["stall a [end]", "paused, 1 queued"],
  ["stall a [end] goOn", "paused, 1 queued, closed"],
  ["stall a cut [end] goOn", "destroyed, paused, 1 queued, closed"],
])("the end waits: %s", check);

test("who it is", () => {
  const { number, remoteAddress, remotePort } = new StallableLink(new FakeLink(7, "10.0.0.1"));
  expect([number, remoteAddress, remotePort]).toEqual([7, "10.0.0.1", 50_007]);
});
