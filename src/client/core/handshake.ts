import type { Reader, Writer } from "jute-ts";
import { ConnectRequest, ConnectResponse } from "../../wire/client/connect.ts";
import type { Output } from "./output.ts";

/** What a session takes from one connection to the next (client-protocol 1.6, 9). */
export class Handshake {
  sessionId = 0n;
  timeoutMs: number;
  /**
   * Up to where the lost connections had told every event: the highest zxid of replies to requests. Events of one transaction come one
   * by one, so the zxid of an event says nothing about the next.
   */
  relativeZxid = 0n;
  private readonly askedTimeoutMs: number;
  private readonly readOnly: boolean;
  private password: Uint8Array = NO_PASSWORD;
  /** The highest zxid of anything: no server that is behind it may serve this session. */
  private seenZxid = 0n;
  private repliedZxid = 0n;
  private hasSeenReadWrite = false;

  constructor(askedTimeoutMs: number, readOnly: boolean) {
    this.askedTimeoutMs = askedTimeoutMs;
    this.timeoutMs = askedTimeoutMs;
    this.readOnly = readOnly;
  }

  writeRequest(output: Output): void {
    const { sessionId, password: passwd, readOnly } = this;
    const request = { protocolVersion: 0, lastZxidSeen: this.seenZxid, timeOut: this.askedTimeoutMs };
    output.bare({ write: (out: Writer) => ConnectRequest.write(out, { ...request, sessionId, passwd, readOnly }) });
  }

  /** `unwanted`: a read-only server that was not asked for. */
  readResponse(reader: Reader): "readWrite" | "readOnly" | "expired" | "unwanted" {
    const { timeOut, sessionId, passwd, readOnly = false } = ConnectResponse.read(reader);
    if (timeOut <= 0) return "expired";
    if (readOnly && !this.readOnly) return "unwanted";
    this.timeoutMs = timeOut;
    this.sessionId = sessionId;
    // A view would keep its whole chunk alive.
    this.password = passwd?.slice() ?? NO_PASSWORD;
    this.hasSeenReadWrite ||= !readOnly;
    return readOnly ? "readOnly" : "readWrite";
  }

  /**
   * Of any message. Replies to auth carry 0, events that setWatches found and refusals -1. A reply to setWatches does not
   * count: the other frames of the same watches may not have been looked at.
   */
  sawZxid(zxid: bigint, xid: number): void {
    if (zxid > this.seenZxid) this.seenZxid = zxid;
    if (xid > 0 && zxid > this.repliedZxid) this.repliedZxid = zxid;
  }

  linkLost(): void {
    this.relativeZxid = this.repliedZxid;
    // A session that only read-only servers have seen is unknown to all others.
    if (this.hasSeenReadWrite) return;
    this.sessionId = 0n;
    this.password = NO_PASSWORD;
  }
}

const NO_PASSWORD = new Uint8Array(16);
