import { connect, createServer, type Socket } from "node:net";
import { Gathering } from "./gathering.ts";
import { NodeLink } from "./nodeLink.ts";

const LOOPBACK = "127.0.0.1";
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A link over one end of a real connection, with the writes it made, and what arrived at the other end. */
interface Pair {
  readonly link: NodeLink;
  readonly near: Socket;
  readonly far: Socket;
  readonly writes: number[];
  /** What each write was sent from. */
  readonly memory: ArrayBufferLike[];
  readonly arrived: Buffer[];
  /** How the far end heard of the end. */
  readonly ended: Promise<string>;
}

async function pair(gathering = new Gathering()): Promise<Pair> {
  const server = createServer();
  closing.push(() => server.close());
  const far = await new Promise<Socket>((resolve) => {
    server.listen(0, LOOPBACK, () => {
      const address = server.address();
      if (address !== null && typeof address === "object") resolve(connect(address.port, LOOPBACK));
    });
  });
  const near = await new Promise<Socket>((resolve) => server.once("connection", resolve));
  closing.push(
    () => far.destroy(),
    () => near.destroy(),
  );
  near.on("error", () => {});
  const writes: number[] = [];
  const memory: ArrayBufferLike[] = [];
  const write = near.write.bind(near);
  near.write = (chunk: Uint8Array): boolean => {
    writes.push(chunk.length);
    memory.push(chunk.buffer);
    return write(chunk);
  };
  const arrived: Buffer[] = [];
  const ended = new Promise<string>((resolve) => {
    far.on("data", (chunk) => arrived.push(chunk));
    far.on("end", () => resolve("end"));
    far.on("error", (error: NodeJS.ErrnoException) => resolve(`${error.code}`));
    far.on("close", () => resolve("close"));
  });
  return { link: new NodeLink(near, 7, gathering), near, far, writes, memory, arrived, ended };
}

/** Until events of the loop have brought it about. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

function sum(chunks: readonly Buffer[]): number {
  return chunks.reduce((total, chunk) => total + chunk.length, 0);
}

test("knows who is at the other end", async () => {
  const { link, far } = await pair();
  expect([link.number, link.remoteAddress, link.remotePort]).toEqual([7, LOOPBACK, far.localPort]);
});

test("what is written in one turn leaves in one write, in order, and counts until it has left", async () => {
  const { link, writes, arrived } = await pair();
  for (const text of ["one ", "two ", "three"]) link.write(Buffer.from(text));
  expect([writes, link.queuedBytes]).toEqual([[], 13]);
  await until(() => sum(arrived) === 13);
  expect([writes, Buffer.concat(arrived).toString()]).toEqual([[13], "one two three"]);
  link.write(Buffer.from("four"));
  await until(() => sum(arrived) === 17);
  expect([writes, link.queuedBytes]).toEqual([[13, 4], 0]);
});

test("what the system took at once was sent from memory that serves the next write, also of another link", async () => {
  const gathering = new Gathering();
  const [one, other] = [await pair(gathering), await pair(gathering)];
  for (const { link, arrived } of [one, other, one]) {
    const before = sum(arrived);
    link.write(Buffer.from("a word"));
    await until(() => sum(arrived) === before + 6);
  }
  expect(new Set([...one.memory, ...other.memory]).size).toBe(1);
  expect([one.memory.length, other.memory.length]).toEqual([2, 1]);
});

test("links share the memory they send from; what a socket has not sent yet stays as it is", async () => {
  const gathering = new Gathering();
  const sizeOf = (round: number): number => 40_000 + 1000 * (round % 20);
  const [slow, quick] = [await pair(gathering), await pair(gathering)];
  slow.far.pause();
  let written = 0;
  // Until the system takes no more, and some rounds on: the rest waits in the socket, in pieces of its own.
  for (let round = 0, full = 0; full < 20; round++) {
    const piece = Buffer.alloc(sizeOf(round), round);
    slow.link.write(piece);
    written += piece.length;
    quick.link.write(Buffer.alloc(60_000, 0xff));
    await new Promise((resolve) => setImmediate(resolve));
    if (slow.near.writableLength > 0) full++;
  }
  slow.far.resume();
  await until(() => sum(slow.arrived) === written);
  const arrived = Buffer.concat(slow.arrived);
  let at = 0;
  for (let round = 0; at < written; round++) {
    const size = sizeOf(round);
    expect(arrived.subarray(at, at + size).equals(Buffer.alloc(size, round))).toBe(true);
    at += size;
  }
});

test("close: what was written arrives, then the end; what is written behind it does not", async () => {
  const { link, arrived, ended, near } = await pair();
  link.write(Buffer.from("last words"));
  link.close();
  link.write(Buffer.from("more"));
  link.close();
  expect(await ended).toBe("end");
  expect(Buffer.concat(arrived).toString()).toBe("last words");
  await until(() => near.destroyed);
});

test("close with more than the system takes: all of it arrives", async () => {
  const { link, arrived, far, ended, near } = await pair();
  far.pause();
  link.write(new Uint8Array(8_000_000));
  link.close();
  await until(() => near.bytesWritten > 0);
  expect([near.destroyed, link.queuedBytes > 0]).toEqual([false, true]);
  far.resume();
  expect(await ended).toBe("end");
  expect(sum(arrived)).toBe(8_000_000);
});

test("destroy: what the turn has written does not arrive", async () => {
  const { link, writes, arrived, ended } = await pair();
  link.write(Buffer.from("never mind"));
  link.destroy();
  link.write(Buffer.from("nor this"));
  expect(await ended).toMatch(/^(end|ECONNRESET)$/);
  expect([writes, arrived, link.queuedBytes]).toEqual([[], [], 0]);
});

test("destroy ends a close that the other side does not let end", async () => {
  const { link, far, near } = await pair();
  far.pause();
  link.write(new Uint8Array(8_000_000));
  link.close();
  await until(() => near.writableLength > 0);
  link.destroy();
  await until(() => near.closed);
});

test("a reader who stops is seen in queuedBytes; the socket's drain is the end of it", async () => {
  const { link, near, far, arrived } = await pair();
  let drained = 0;
  near.on("drain", () => drained++);
  far.pause();
  link.write(new Uint8Array(8_000_000));
  await until(() => near.writableLength > 0);
  expect([link.queuedBytes, drained]).toEqual([8_000_000, 0]);
  far.resume();
  await until(() => sum(arrived) === 8_000_000);
  await until(() => drained === 1);
  expect(link.queuedBytes).toBe(0);
});

test("pause and resume: nothing comes meanwhile, and everything afterwards", async () => {
  const { link, near, far } = await pair();
  const heard: string[] = [];
  near.on("data", (chunk) => heard.push(`${chunk}`));
  link.pause();
  far.write("early");
  await new Promise<void>((resolve) => far.write(" bird", () => resolve()));
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toEqual([]);
  link.resume();
  await until(() => heard.join("") === "early bird");
});
