import type { Reader } from "jute-ts";
import { Op, Xid } from "../../wire/client/numbers.ts";
import { AuthPacket } from "../../wire/client/requests.ts";
import type { Call } from "./call.ts";
import type { ErrorCode } from "./errors.ts";
import type { Output } from "./output.ts";

/**
 * Credentials, which every connection needs anew (client-protocol 7.2). A call waits for its credential through as many
 * connections as it takes: sending it twice does no harm.
 */
export class Credentials {
  private readonly list: Credential[] = [];
  private sent: Credential[] = [];

  add(scheme: string, auth: Uint8Array, call: Call | undefined): void {
    this.list.push({ scheme, auth, call });
  }

  sendAll(output: Output): void {
    for (const credential of this.list) this.send(output, credential);
  }

  sendLast(output: Output): void {
    for (const credential of this.list.slice(-1)) this.send(output, credential);
  }

  /** Replies come in the order of the packets. */
  answered(err: number, reader: Reader): void {
    const credential = this.sent.shift();
    if (err !== 0 || credential === undefined) return;
    credential.call?.answered(err, reader);
    credential.call = undefined;
  }

  forgetLink(): void {
    this.sent = [];
  }

  failed(code: ErrorCode, reason: string): void {
    for (const credential of this.list.splice(0)) credential.call?.failed(code, reason);
  }

  private send(output: Output, credential: Credential): void {
    const { scheme, auth } = credential;
    output.request(Xid.auth, Op.auth, { write: (out) => AuthPacket.write(out, { type: 0, scheme, auth }) });
    this.sent.push(credential);
  }
}

interface Credential {
  readonly scheme: string;
  readonly auth: Uint8Array;
  call: Call | undefined;
}
