import type { Config } from "./config.ts";
import { ConfigError } from "./configError.ts";
import { configText } from "./configText.ts";
import { parseConfig } from "./parseConfig.ts";

const BASE = "dataDir=/d\ninitLimit=1\nsyncLimit=1\n";
const MULTI = new Map([["zookeeper.multiAddress.enabled", "true"]]);

/** The text that Java 3.9.5 made of the same lines (QuorumPeerConfig.getQuorumVerifier().toString()). */
function check(lines: string, expected: readonly string[]): void {
  const parsed = parseConfig(BASE + lines, MULTI, { myidText: "1", configPath: "zoo.cfg" });
  if (parsed instanceof ConfigError) throw parsed;
  expect(configText(ensembleOf(parsed.config)).split("\n")).toEqual(expected);
}

test.each<[string, string, readonly string[]]>([
  [
    "the role is always written, and the wildcard of a bare client port",
    "server.1=localhost:1:2;2181\nserver.2=localhost:3:4\n",
    ["server.1=localhost:1:2:participant;0.0.0.0:2181", "server.2=localhost:3:4:participant", "version=0"],
  ],
  [
    "a client address from the static clientPort line is left out",
    "clientPort=2181\nserver.1=h1:1:2\nserver.2=localhost:3:4:participant;127.0.0.1:2181\n",
    ["server.1=h1:1:2:participant", "server.2=localhost:3:4:participant;127.0.0.1:2181", "version=0"],
  ],
  [
    "ascending ids, roles in any case, IPv6 spelled out",
    "server.10=10.0.0.1:5:6;[::]:99\nserver.3=[::1]:5:6;[::1]:99\nserver.2=h2:3:4:Participant\nserver.1=h1:1:2:OBSERVER\n",
    [
      "server.1=h1:1:2:observer",
      "server.2=h2:3:4:participant",
      "server.3=[0:0:0:0:0:0:0:1]:5:6:participant;[0:0:0:0:0:0:0:1]:99",
      "server.10=10.0.0.1:5:6:participant;[0:0:0:0:0:0:0:0]:99",
      "version=0",
    ],
  ],
  [
    "odd hosts",
    "server.1=[fe80::1%lo]:1:2\nserver.2=[::ffff:1.2.3.4]:1:2\nserver.3=[2001:DB8::00F]:1:2;[1:0:0:2::]:5\nserver.4=:1:2\n",
    [
      "server.1=[fe80::1%lo]:1:2:participant",
      "server.2=1.2.3.4:1:2:participant",
      "server.3=[2001:db8:0:0:0:0:0:f]:1:2:participant;[1:0:0:2:0:0:0:0]:5",
      "server.4=localhost:1:2:participant",
      "version=0",
    ],
  ],
  [
    "several addresses sorted by host, the role once",
    "server.1=h2:1:2|h1:3:4;9\nserver.2=h9:1:2\n",
    ["server.1=h1:3:4|h2:1:2:participant;0.0.0.0:9", "server.2=h9:1:2:participant", "version=0"],
  ],
  [
    "a role on one of several addresses, equal hosts in order",
    "server.1=h1:1:2:observer|h1:3:4\nserver.2=h9:1:2\nserver.3=h9:1:2\n",
    ["server.1=h1:1:2|h1:3:4:observer", "server.2=h9:1:2:participant", "server.3=h9:1:2:participant", "version=0"],
  ],
  [
    "an address given twice counts once",
    "server.1=h1:1:2|h1:1:2\nserver.2=h9:1:2\n",
    ["server.1=h1:1:2:participant", "server.2=h9:1:2:participant", "version=0"],
  ],
  [
    "a version in the file is read as hexadecimal",
    "version=1000000af\nserver.1=h1:1:2\nserver.2=h9:1:2\n",
    ["server.1=h1:1:2:participant", "server.2=h9:1:2:participant", "version=1000000af"],
  ],
])("%s", (_, lines, expected) => check(lines, expected));

function ensembleOf(config: Config) {
  if (config.ensemble === undefined) throw new Error("standalone");
  return config.ensemble;
}
