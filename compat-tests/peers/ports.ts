import { createServer, type Server } from "node:net";

/**
 * `count` loopback ports that nobody listens on. Drawn below the range that systems take outgoing connections' ports from
 * (32768 and up on Linux), so that a member can come back on its port after a kill; never given twice by one process.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (!given.has(port) && (await isFree(port))) {
      given.add(port);
      ports.push(port);
    }
  }
  return ports;
}

/** One such port. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error("no free port");
  return port;
}

/** The first of `count` such ports that follow one another. */
export async function freePortBlock(count: number): Promise<number> {
  for (;;) {
    const first = FIRST + Math.floor(Math.random() * (LAST - FIRST - count));
    const block = Array.from({ length: count }, (_, i) => first + i);
    const free = await Promise.all(block.map((port) => !given.has(port) && isFree(port)));
    if (free.includes(false)) continue;
    for (const port of block) given.add(port);
    return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server: Server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

const FIRST = 12_000;
const LAST = 32_000;
const given = new Set<number>();
