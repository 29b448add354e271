import { asciiBytes } from "../../base/bytes.ts";
import { ConfigError } from "../../config/configError.ts";
import { dataDirIn, parseConfig } from "../../config/parseConfig.ts";
import { type Decoder, decoder, Fault } from "../decoder.ts";
import { choice, constant, type Grammar, repeated, sequence } from "../grammar.ts";

const text = (value: string): Grammar => constant(asciiBytes(value));
const texts = (...values: readonly string[]): Grammar => choice(...values.map(text));
const END_OF_LINE = texts("\n", "\n", "\r\n", "\\\n", "\n\n# x\n");
const SEPARATOR = texts("=", "=", "=", " = ", ":", " ");
const NUMBER = texts("2000", "0", "-1", "1", "2147483648", "0x10", "", "true", "1e9");
const SERVER = texts(
  "h1:2888:3888",
  "127.0.0.1:1:2:observer;0.0.0.0:3",
  "[::1]:1:2;[::1]:3",
  "h1:1:2|h2:3:4:participant",
  "h1",
  ";3",
  "a:70000:1",
);
const KEYS: readonly (readonly [keys: Grammar, value: Grammar])[] = [
  [texts("dataDir", "dataLogDir"), texts("/d", "./d", "d", "", "C:\\\\d")],
  [texts("clientPort", "tickTime", "initLimit", "syncLimit", "maxClientCnxns", "minSessionTimeout"), NUMBER],
  [texts("server.1", "server.2", "server.3", "server.-1", "server.x"), SERVER],
  [
    texts("group.1", "weight.1", "peerType", "electionAlg", "clientPortAddress"),
    texts("1", "1:2", "observer", "3", "h"),
  ],
  [
    texts("standaloneEnabled", "reconfigEnabled", "localSessionsEnabled", "quorumListenOnAllIPs"),
    texts("true", "x", ""),
  ],
  [
    texts("4lw.commands.whitelist", "snapshot.compression.method", "digestEnabled"),
    texts("*", "stat, ruok", "gz", "\\u0041"),
  ],
  [
    texts("autopurge.purgeInterval", "autopurge.snapRetainCount", "snapCount", "preAllocSize", "jute.maxbuffer"),
    NUMBER,
  ],
  [texts("connection_throttle_tokens", "zookeeper.connection_throttle_freeze_time", "cnxTimeout"), NUMBER],
  [texts("nobodyKnows", "\\u0031", "#", "!", ""), texts("x", "\\", "\\u12", "\\t")],
];
const LINE = choice(...KEYS.map(([key, value]) => sequence(key, SEPARATOR, value, END_OF_LINE)));
const CONFIG = sequence(choice(text("dataDir=/d\n"), sequence()), repeated(LINE, 8));
const MEMBERS = sequence(
  text("dataDir=/d\ninitLimit=10\nsyncLimit=5\nserver.1="),
  SERVER,
  text("\nserver.2="),
  SERVER,
  END_OF_LINE,
  repeated(LINE, 4),
);

export const CONFIGS: readonly Decoder[] = [
  decoder({
    name: "config",
    executions: 50_000,
    grammars: [CONFIG, MEMBERS],
    decode: (bytes) => configIn(latin1(bytes)),
    isRefusal: (error) => error instanceof ConfigError,
    extraBytes: 64 * 1024,
    // Every setting has a default.
    leastWeight: 4096,
  }),
];

/** Read twice, as at a start: for its dataDir, where myid is, and then wholly. A refusal is one line that names the file. */
function configIn(file: string): unknown {
  const dataDir = dataDirIn(file);
  const parsed = parseConfig(file, new Map(), { myidText: "1\n", configPath: "/etc/zoo.cfg" });
  if (!(parsed instanceof ConfigError)) return { dataDir, parsed };
  const { message } = parsed;
  if (/[\r\n]/.test(message) || !message.includes("/etc/zoo.cfg")) throw new Fault(`says ${JSON.stringify(message)}`);
  throw parsed;
}

function latin1(bytes: Uint8Array): string {
  let file = "";
  for (const byte of bytes) file += String.fromCharCode(byte);
  return file;
}
