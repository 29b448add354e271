import { int, long } from "jute-ts";
import { asciiBytes } from "../../base/bytes.ts";
import { encodeInitialMessage, type InitialMessage, InitialMessageReader } from "../../wire/election/initialMessage.ts";
import { NOTIFICATION_LENGTH_LIMIT, NOTIFICATION_VERSION } from "../../wire/election/messages.ts";
import { decodeNotification, encodeNotification } from "../../wire/election/notification.ts";
import { agreed } from "../chunks.ts";
import { type Decoder, decoder } from "../decoder.ts";
import { choice, constant, type Grammar, nested, sequence, word } from "../grammar.ts";
import { recordedLines } from "../recorded.ts";

const text = (value: string): Grammar => constant(asciiBytes(value));
const ADDRESSES = choice(
  text("127.0.0.1:3888"),
  text("[0:0:0:0:0:0:0:1]:1"),
  text("h1:2|h2:3|[::1]:4"),
  text("0.0.0.0:65535"),
  text("h:70000"),
  text("||"),
);
const CONFIG = text("server.1=127.0.0.1:1:2:participant;0.0.0.0:3\nversion=100000000");
const HELLO: readonly Grammar[] = [
  sequence(word(-1), word(-65536, -65535), long, nested(ADDRESSES)),
  sequence(word(-1), word(-65536), word(0), word(3), nested(ADDRESSES)),
  long,
];
const NOTIFICATIONS: readonly Grammar[] = [
  sequence(word(0, 1, 2, 3), long, long, long, long, word(2), nested(CONFIG)),
  sequence(word(0, 1, 2, 3), long, long, long, long, word(1, 0), nested(CONFIG)),
  sequence(word(0, 1, 2, 3), long, long, long, long, int),
  sequence(word(0, 1, 2, 3), long, long, long, long),
  sequence(word(0, 1, 2, 3), long, long, long),
];

export const ELECTION: readonly Decoder[] = [
  decoder({
    name: "hello",
    executions: 800_000,
    grammars: HELLO,
    recorded: recordedLines("election", ">"),
    decode: (bytes, random) => agreed(bytes, random, helloOf),
    extraBytes: 64 * 1024,
    again: (message) => againHello(message),
  }),
  decoder({
    name: "notification",
    executions: 600_000,
    grammars: NOTIFICATIONS,
    recorded: recordedLines("election", "<").map((bytes) => bytes.slice(4)),
    decode: (bytes) => (bytes.length > NOTIFICATION_LENGTH_LIMIT ? undefined : decodeNotification(bytes)),
    again(value) {
      const repeated = decodeNotification(encodeNotification(value));
      // It is always written as the version of today.
      if (repeated?.version !== NOTIFICATION_VERSION) return repeated;
      return { ...repeated, version: value.version };
    },
  }),
];

function helloOf(chunks: readonly Uint8Array[]): InitialMessage | undefined {
  const reader = new InitialMessageReader();
  for (const chunk of chunks) {
    const outcome = reader.push(chunk);
    if (outcome.kind === "complete") return outcome.message;
    if (outcome.kind === "refused") return undefined;
  }
  return undefined;
}

/** What is written has one address, and no more of it than fits. */
function againHello(message: InitialMessage): InitialMessage | undefined {
  const [address, ...others] = message.addresses;
  if (address === undefined || others.length > 0 || !/^[ -~]+$/.test(address.host)) return undefined;
  return helloOf([encodeInitialMessage(message.sid, address)]);
}
