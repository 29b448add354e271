import { ConnectRequest } from "../../src/wire/client/connect.ts";
import { Op } from "../../src/wire/client/numbers.ts";
import { ReplyHeader, RequestHeader } from "../../src/wire/client/shared.ts";
import { type RawClient, RawConnection } from "../peers/rawClient.ts";
import { framed } from "./script.ts";

/**
 * What became of bytes that were sent: "closed", and before it each frame as "xid err" and the bytes behind; or, when the connection
 * still answers a ping, the frames and "open".
 */
export type Fate = string;

/** Sends bytes as the first on a new connection, which the server must close. */
export async function strangersFate(port: number, bytes: Uint8Array): Promise<Fate> {
  return fateUntilClosed(await RawConnection.open(port), bytes);
}

/** Sends bytes after which the server must close; a request behind them would be a race with 3.9.5's closing. */
export async function fateUntilClosed(connection: RawConnection, bytes: Uint8Array): Promise<Fate> {
  connection.socket.write(bytes);
  const frames = await connection.untilClosed();
  return [...frames.map(spell), "closed"].join(", ");
}

/** Sends bytes on a session's connection, and a ping behind them. */
export async function clientsFate(client: RawClient, bytes: Uint8Array): Promise<Fate> {
  const { connection } = client;
  connection.socket.write(Buffer.concat([bytes, PING]));
  const seen: Fate[] = [];
  for (;;) {
    const frame = await connection.next();
    if (frame === undefined) return [...seen, "closed"].join(", ");
    const fate = spell(frame);
    if (fate === PONG) return [...seen, "open"].join(", ");
    seen.push(fate);
  }
}

/** The bytes in as many writes as they have, or in two with the cut at `at`; gives what the server says. */
export async function inPieces(port: number, bytes: Uint8Array, cuts: readonly number[]): Promise<number> {
  const connection = await RawConnection.open(port);
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    connection.socket.write(bytes.subarray(start, end));
    start = end;
    // The kernel would join the pieces again.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const answer = await connection.next();
  connection.close();
  return answer?.length ?? 0;
}

export function request(type: number, body: Uint8Array, xid = 1): Uint8Array {
  return framed(Buffer.concat([RequestHeader.encode({ xid, type }), body]));
}

export function length(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function connectRequest(request: Partial<ConnectRequest> = {}): Uint8Array {
  return ConnectRequest.encode({
    protocolVersion: 0,
    lastZxidSeen: 0n,
    timeOut: 30_000,
    sessionId: 0n,
    passwd: new Uint8Array(16),
    readOnly: false,
    ...request,
  });
}

function spell(frame: Uint8Array): Fate {
  if (frame.length < 16) return Buffer.from(frame).toString("hex");
  const { xid, err } = ReplyHeader.decode(frame);
  const body = Buffer.from(frame.subarray(16)).toString("hex");
  return body === "" ? `${xid} ${err}` : `${xid} ${err} ${body}`;
}

const PING = request(Op.ping, new Uint8Array(0), -2);
const PONG = "-2 0";
