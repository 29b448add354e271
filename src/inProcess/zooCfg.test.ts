import { configOf } from "./zooCfg.ts";

const KEYS = { dataDir: "/tmp/here", clientPort: 2181 };

test("values arrive as they were given, whatever is in them", () => {
  for (const dataDir of ["C:\\data\\zk", " blanks ", "a=b:c#d!e", "Ümlaut\n\t€", "\\u0041"]) {
    expect(configOf("test", { ...KEYS, dataDir }, {}).dataDir).toBe(dataDir.trim());
  }
});

test("given keys come before those of tests, and keep their meaning", () => {
  expect(configOf("test", KEYS, {})).toMatchObject({ tickTimeMs: 200, maxSessionTimeoutMs: 60_000, clientPort: 2181 });
  const given = { tickTime: 2000, forceSync: "yes", "4lw.commands.whitelist": "ruok", skipACL: "yes", snapCount: 50 };
  const { tickTimeMs, forceSync, fourLetterWordWhitelist, skipAcl, snapCount } = configOf("test", KEYS, given);
  expect([tickTimeMs, forceSync, fourLetterWordWhitelist, skipAcl, snapCount]).toEqual([
    2000,
    true,
    new Set(["ruok", "srvr"]),
    true,
    50,
  ]);
});

test.each([
  [
    { clientPort: 1 },
    "Error processing test's config: clientPort=1: test sets this key itself (allowed: every other key of zoo.cfg)",
  ],
  [{ "server.4": "x:1:2" }, "server.4=x:1:2: test sets this key itself"],
  [{ tickTime: 0 }, "tickTime=0: tickTime is not set"],
  [{ "a=b\n": 1, tickTime: -0.5 }, 'tickTime=-0.5: For input string: "-0.5"'],
])("refused: %j", (given, message) => {
  expect(() => configOf("test", KEYS, given)).toThrow(message);
});
