/**
 * What Node's sockets alone allow in the rows that are mostly sockets: zkload against a server that keeps no tree and no log
 * and answers with bytes that are always the same. Its pipelined reads tell what more connections cost.
 *
 *   node -r ./compat-tests/setup/ts.cjs compat-tests/bench/nodeCeiling.ts [seconds=3]
 */
import { fork } from "node:child_process";
import { createServer, type Socket } from "node:net";
import { raiseOpenFiles } from "./openFiles.ts";
import { zkload } from "./zkload.ts";

const LOADS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ["one outstanding, 20 connections: read", ["-w", "read", "-c", "20", "-p", "1", "-z", "100"]],
  ["sessions opened and closed (20 at once)", ["-w", "connect", "-c", "20"]],
  ["watch fan-out to 1,000 sessions", ["-w", "watch", "-c", "1000"]],
  ["pipelined reads, 10 connections", ["-w", "read", "-c", "10", "-p", "16"]],
  ["pipelined reads, 1,000 connections", ["-w", "read", "-c", "1000", "-p", "16"]],
  ["pipelined reads, 10,000 connections", ["-w", "read", "-c", "10000", "-p", "16"]],
];

async function measure(seconds: string): Promise<void> {
  raiseOpenFiles();
  const server = fork(__filename, ["serve"], {
    execArgv: [...process.execArgv, "--min-semi-space-size=16", "--heap-growing-percent=300"],
  });
  try {
    const port = await new Promise<unknown>((resolve) => server.once("message", resolve));
    for (const [name, args] of LOADS) {
      const load = await zkload("-s", `127.0.0.1:${port}`, "-P", `${server.pid}`, "-d", seconds, ...args);
      console.log(`${name}: ${load.ops_per_s.toLocaleString("en")} /s, ${load.server_cpu_us_per_op} µs CPU`);
    }
  } finally {
    server.kill();
  }
}

const GET_DATA = 4;
const SET_DATA = 5;
const CREATE = 1;
const CLOSE_SESSION = -11;
/** Where a request's path begins, with its length: behind the frame's length, xid and op. */
const PATH_AT = 12;
const STAT = Buffer.alloc(68);
const DATA_AND_STAT = Buffer.concat([Buffer.from("00000064", "hex"), Buffer.alloc(100), STAT]);
/** ConnectResponse: 30 s, session 0x0100000000000001, a password of zeros, not read-only. */
const CONNECTED = Buffer.concat([
  Buffer.from("000000250000000000007530010000000000000100000010", "hex"),
  Buffer.alloc(17),
]);
/** Behind the length: xid -1, zxid -1, no error, data changed, connected. */
const CHANGED = Buffer.from("ffffffffffffffffffffffff000000000000000300000003", "hex");
const DONE = Buffer.from("000000000000000100000000", "hex");

/** Who has asked for the next event. */
const watchers = new Set<Socket>();

function serve(): void {
  const server = createServer({ noDelay: true }, greet);
  server.listen(0, "127.0.0.1", 1024, () => {
    const address = server.address();
    if (typeof address === "object") process.send?.(address?.port);
  });
}

function greet(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  let isConnected = false;
  socket.on("error", () => socket.destroy());
  socket.on("close", () => watchers.delete(socket));
  socket.on("data", (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    // The answers to one chunk leave in one system call, as ours do.
    socket.cork();
    for (let end = endOf(bytes, at); end <= bytes.length; end = endOf(bytes, at)) {
      if (isConnected) answer(socket, bytes.subarray(at, end));
      else socket.write(CONNECTED);
      isConnected = true;
      at = end;
    }
    socket.uncork();
    rest = bytes.subarray(at);
  });
}

/** Where the frame at `at` ends; beyond the bytes when it is not all there. */
function endOf(bytes: Buffer, at: number): number {
  return bytes.length < at + 4 ? at + 4 : at + 4 + bytes.readInt32BE(at);
}

function answer(socket: Socket, frame: Buffer): void {
  const xid = frame.subarray(4, 8);
  switch (frame.readInt32BE(8)) {
    case GET_DATA:
      if (frame.at(-1) === 1) watchers.add(socket);
      return send(socket, [xid, DONE, DATA_AND_STAT]);
    case SET_DATA:
      tell(pathOf(frame));
      return send(socket, [xid, DONE, STAT]);
    case CREATE:
      return send(socket, [xid, DONE, pathOf(frame)]);
    case CLOSE_SESSION:
      send(socket, [xid, DONE]);
      socket.end();
      return;
    default:
      return send(socket, [xid, DONE]);
  }
}

function tell(path: Buffer): void {
  const told = [...watchers];
  watchers.clear();
  for (const watcher of told) send(watcher, [CHANGED, path]);
}

/** With its length. */
function pathOf(frame: Buffer): Buffer {
  return frame.subarray(PATH_AT, PATH_AT + 4 + frame.readInt32BE(PATH_AT));
}

function send(socket: Socket, parts: readonly Buffer[]): void {
  const length = Buffer.alloc(4);
  length.writeInt32BE(parts.reduce((sum, part) => sum + part.length, 0));
  socket.write(Buffer.concat([length, ...parts]));
}

const [word = "3"] = process.argv.slice(2);
if (word === "serve") serve();
else measure(word);
