import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "../peers/child.ts";
import { freePortBlock } from "../peers/ports.ts";
import { kazooFolder, pythonEnv } from "./python.ts";

// kazoo's own tests, as they are on PyPI, each class on an ensemble of three servers that kazoo's harness starts and stops. The tests
// mostly wait, so that a few lanes run side by side.

/** The files that speak to a server, and how many of their tests do not need what is missing below. */
const LANES: readonly (readonly (readonly [file: string, tests: number])[])[] = [
  [
    ["test_client", 107],
    ["test_party", 4],
  ],
  [
    ["test_watchers", 22],
    ["test_cache", 17],
    ["test_counter", 5],
  ],
  [
    ["test_partitioner", 8],
    ["test_connection", 10],
    ["test_interrupt", 1],
    ["test_build", 1],
  ],
  [
    ["test_lock", 31],
    ["test_barrier", 8],
    ["test_queue", 12],
    ["test_lease", 12],
    ["test_election", 2],
  ],
];

/** What our server does not have yet. */
const NOT_YET: readonly string[] = [
  "test_client.py::TestSSLClient", // TLS
  "test_client.py::TestReconfig", // dynamic reconfiguration
  "test_connection.py::TestReadOnlyMode", // read-only mode
];

/** How each test of a file ended, by the test's name. */
type Ends = ReadonlyMap<string, string>;
const ends = new Map<string, Map<string, string>>();
let home: string;
let outputs = "";

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "typekeeper-kazoo-"));
  await Promise.all(LANES.map((lane, i) => runLane(lane, join(home, `lane-${i}.log`))));
}, 240_000);

afterAll(() => rmSync(home, { recursive: true, force: true }));

test.each(LANES.flat())("%s", (file, tests) => {
  const found: Ends = ends.get(file) ?? new Map();
  const wrong = [...found].filter(([, end]) => end !== "PASSED").map(([name, end]) => `${end} ${name}`);
  if (wrong.length > 0) process.stderr.write(outputs);
  expect(wrong).toEqual([]);
  expect(found.size).toBe(tests);
});

async function runLane(lane: readonly (readonly [file: string, tests: number])[], logFile: string): Promise<void> {
  const tests = join(kazooFolder(), "tests");
  const files = lane.map(([file]) => join(tests, `${file}.py`));
  const without = NOT_YET.map((id) => `--deselect=${id}`);
  const env = {
    ...pythonEnv(),
    PATH: `${join(__dirname, "harness")}:${process.env.PATH}`,
    ZOOKEEPER_VERSION: "3.9.5",
    ZOOKEEPER_CLASSPATH: "none",
    ZOOKEEPER_PORT_OFFSET: `${await freePortBlock(30)}`,
    CI: "true",
  };
  const args = [
    "-m",
    "pytest",
    "-p",
    "no:cacheprovider",
    `--rootdir=${tests}`,
    "--timeout=60",
    "-q",
    "-rA",
    ...files,
    ...without,
  ];
  await startChild("python3", args, logFile, env).ended;
  const output = readFileSync(logFile, "utf8");
  outputs += output;
  for (const [, end = "", file = "", name = ""] of output.matchAll(/^([A-Z]+) \S*?(test_\w+)\.py::(\S+)/gm)) {
    const known = ends.get(file) ?? new Map<string, string>();
    ends.set(file, known.set(name, end));
  }
}
