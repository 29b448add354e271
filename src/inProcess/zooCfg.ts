import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/configError.ts";
import { parseConfig } from "../config/parseConfig.ts";

/** Keys of zoo.cfg as ZooKeeper names them; a value is written as it would stand in the file. */
export type ZooCfg = Readonly<Record<string, string | number | boolean>>;

/** A configuration out of keys, those of tests unless given. Throws ConfigError, as a server would refuse the file. */
export function configOf(caller: string, keys: ZooCfg, given: ZooCfg, myid?: number): Config {
  for (const key of Object.keys(given)) {
    if (key in keys || MEMBERS.test(key)) {
      throw new ConfigError(`${caller}'s config`, key, String(given[key]), {
        why: `${caller} sets this key itself`,
        allowed: "every other key of zoo.cfg",
      });
    }
  }
  const all = { ...TEST_DEFAULTS, ...given, ...keys };
  const text = Object.entries(all).map(([key, value]) => `${escaped(key)}=${escaped(String(value))}\n`);
  const context = { myidText: myid === undefined ? undefined : `${myid}\n`, configPath: `${caller}'s config` };
  const parsed = parseConfig(text.join(""), new Map(), context);
  if (parsed instanceof ConfigError) throw parsed;
  return parsed.config;
}

/** As `java.util.Properties` reads it back: only letters, digits and a few signs stand for themselves. */
function escaped(text: string): string {
  return text.replace(/[^\w./;:,*@-]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const MEMBERS = /^(server|group|weight)\./;

/**
 * Ticks short enough for tests and session time-outs as clients ask for them. The loopback only. No sync to a disk that a test
 * throws away: what was written outlives the server's crash all the same, though not the machine's.
 */
const TEST_DEFAULTS: ZooCfg = {
  tickTime: 200,
  initLimit: 50,
  syncLimit: 10,
  maxSessionTimeout: 60_000,
  maxClientCnxns: 0,
  clientPortAddress: "127.0.0.1",
  "4lw.commands.whitelist": "*",
  forceSync: "no",
  preAllocSize: 1024,
};
