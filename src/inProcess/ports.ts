import { createSocket, type Socket } from "node:dgram";
import { createServer } from "node:net";

/** TCP ports of the loopback that belong to the holder until `release`, whether something listens on them or not. */
export interface ReservedPorts {
  readonly ports: readonly number[];
  release(): Promise<void>;
}

/**
 * Reserves so many. A server lets go of its ports when it is stopped and a quorum port is open only while its member leads, so
 * finding a port free is not enough: test processes run side by side. What reserves TCP port n among them is UDP port n, and the
 * numbers lie below those that Linux and others give to outgoing connections and to port 0.
 */
export async function reservePorts(count: number): Promise<ReservedPorts> {
  const held: Held[] = [];
  const release = async (): Promise<void> => {
    await Promise.all(held.splice(0).map(({ socket }) => closed(socket)));
  };
  try {
    for (let i = 0; i < ATTEMPTS && held.length < count; i++) {
      const reserved = await Promise.all(Array.from({ length: count - held.length }, () => reserve(drawn())));
      held.push(...reserved.filter((one) => one !== undefined));
    }
    if (held.length < count) throw new Error(`no ${count} free ports from ${FIRST} to ${LAST} on ${LOOPBACK}`);
    return { ports: held.map(({ port }) => port), release };
  } catch (error) {
    await release();
    throw error;
  }
}

interface Held {
  readonly port: number;
  readonly socket: Socket;
}

/** undefined: somebody has it. */
async function reserve(port: number): Promise<Held | undefined> {
  const socket = createSocket("udp4");
  const isOurs = await new Promise<boolean>((resolve) => {
    socket.once("error", () => resolve(false));
    socket.bind({ port, address: LOOPBACK, exclusive: true }, () => resolve(true));
  });
  if (isOurs && (await isFree(port))) return { port, socket };
  await closed(socket);
  return undefined;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}

function drawn(): number {
  return FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
}

const LOOPBACK = "127.0.0.1";
const FIRST = 12_000;
const LAST = 31_999;
const ATTEMPTS = 100;
