import { Reader, Writer } from "jute-ts";
import { ByteQueue } from "../../base/byteQueue.ts";
import { viewOf } from "../../base/bytes.ts";
import { hostPortText, isAnyAddress } from "../../base/hostText.ts";
import { type ServerId, toServerId } from "../../base/ids.ts";
import { ADDRESS_LENGTH_LIMIT, INITIAL_MESSAGE_V1, INITIAL_MESSAGE_V2, InitialMessageHead } from "./messages.ts";

/** Where a server listens for elections; the host is a name or a literal. */
export interface ElectionAddress {
  readonly host: string;
  readonly port: number;
}

/** What a dialler says of itself: not authenticated, and its sid need not be a member (peer-protocol 1.2). */
export interface InitialMessage {
  readonly sid: ServerId;
  /** Where to dial back; without wildcards, so perhaps empty: then the configured address counts. */
  readonly addresses: readonly ElectionAddress[];
}

/**
 * The first bytes on a connection that was dialled, version 1 with one address, to be sent in a single write: Java's acceptor reads
 * the text with one read and drops the connection when it got a part of it (peer-protocol 1.2).
 */
export function encodeInitialMessage(sid: ServerId, address: ElectionAddress): Uint8Array {
  const text = new Writer(ADDRESS_LENGTH_LIMIT);
  text.ustring(hostPortText(address.host, address.port));
  const bytes = new Uint8Array(InitialMessageHead.size + text.length - LENGTH_BYTES);
  const addressLength = text.length - LENGTH_BYTES;
  InitialMessageHead.write(bytes, 0, { protocolVersion: INITIAL_MESSAGE_V1, serverId: sid, addressLength });
  bytes.set(text.written().subarray(LENGTH_BYTES), InitialMessageHead.size);
  return bytes;
}

export type InitialMessageOutcome =
  | { readonly kind: "incomplete" }
  | { readonly kind: "refused"; readonly reason: string }
  /** `rest`: bytes of frames that arrived in the same chunk. */
  | { readonly kind: "complete"; readonly message: InitialMessage; readonly rest: Uint8Array };

/**
 * Reads an initial message that may arrive byte by byte, in each form: version 1, version 2 (several addresses joined by
 * `|`), and the bare sid of 3.4. Invariant: buffers no more than the longest message plus one chunk.
 */
export class InitialMessageReader {
  private readonly queue = new ByteQueue();

  push(chunk: Uint8Array): InitialMessageOutcome {
    this.queue.push(chunk);
    const arrived = this.queue.bytes.subarray(this.queue.start, this.queue.end);
    if (arrived.length < 8) return INCOMPLETE;
    const first = viewOf(arrived).getBigInt64(0);
    if (first >= 0n) return complete({ sid: toServerId(first), addresses: [] }, arrived.slice(8));
    if (first !== INITIAL_MESSAGE_V1 && first !== INITIAL_MESSAGE_V2) return refused(`protocol version ${first}`);
    if (arrived.length < InitialMessageHead.size) return INCOMPLETE;
    return withAddresses(arrived);
  }
}

function withAddresses(arrived: Uint8Array): InitialMessageOutcome {
  const { serverId, addressLength } = InitialMessageHead.read(arrived);
  if (addressLength < 1 || addressLength > ADDRESS_LENGTH_LIMIT) {
    return refused(`address text of ${addressLength} bytes; 1 .. ${ADDRESS_LENGTH_LIMIT} are allowed`);
  }
  const length = InitialMessageHead.size + addressLength;
  if (arrived.length < length) return INCOMPLETE;
  const text = new Reader(arrived, InitialMessageHead.size - LENGTH_BYTES).ustring() ?? "";
  const addresses = addressesOf(text);
  if (addresses === undefined) return refused(`address text ${JSON.stringify(text)}`);
  return complete({ sid: toServerId(serverId), addresses }, arrived.slice(length));
}

/** Empty parts at the end are ignored, as Java's split does (peer-protocol 10.10); undefined when a part is malformed. */
function addressesOf(text: string): readonly ElectionAddress[] | undefined {
  const addresses: ElectionAddress[] = [];
  const significant = text.replace(/\|+$/, "");
  if (significant === "") return addresses;
  for (const part of significant.split("|")) {
    const address = addressOf(part);
    if (address === undefined) return undefined;
    if (!isAnyAddress(address.host)) addresses.push(address);
  }
  return addresses;
}

function addressOf(text: string): ElectionAddress | undefined {
  const match = /^(?:\[([^[\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > LAST_PORT ? undefined : { host, port };
}

function complete(message: InitialMessage, rest: Uint8Array): InitialMessageOutcome {
  return { kind: "complete", message, rest };
}

function refused(reason: string): InitialMessageOutcome {
  return { kind: "refused", reason };
}

const INCOMPLETE: InitialMessageOutcome = { kind: "incomplete" };
const LENGTH_BYTES = 4;
const LAST_PORT = 65_535;
