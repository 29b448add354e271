// bin/zkServer.sh against an installation in a temporary folder whose server is a stand-in of ten lines.
import { execFile, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How a server's collector is set, whatever else is. */
const COLLECTOR = ["--min-semi-space-size=16", "--heap-growing-percent=300"];

const ROOT = join(__dirname, "../..");
const USAGE =
  /^Usage: .*zkServer\.sh \[--config <conf-dir>\] \{start\|start-foreground\|stop\|version\|restart\|status\|print-cmd\}\n$/;
const NO_PORT = `Client port not found. Looking for secureClientPort in the static config.
Unable to find either secure or unsecure client port in any configs. Terminating.
`;

const STAND_IN = `const text = require("node:fs").readFileSync(process.argv[2], "latin1");
console.log(JSON.stringify({ config: process.argv[2], flags: process.env.SERVER_JVMFLAGS, node: process.execArgv }));
const port = /^clientPort=(\\d+)/m.exec(text);
if (port === null) process.exit(2);
require("node:net").createServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.once("data", () => socket.end("Zookeeper version: 3.9.5-x, built on y\\nMode: standalone\\n"));
}).listen(Number(port[1]), "127.0.0.1");
`;

interface Outcome {
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
}

let home: string;
let data: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "zkserver-"));
  data = join(home, "data");
  for (const folder of ["bin", "conf"]) cpSync(join(ROOT, folder), join(home, folder), { recursive: true });
  rmSync(join(home, "conf/zoo.cfg"), { force: true });
  const sample = join(home, "conf/zoo_sample.cfg");
  writeFileSync(sample, readFileSync(sample, "latin1").replace("dataDir=/tmp/zookeeper", `dataDir=${data}`));
  writeFileSync(join(home, "package.json"), `{\n  "version": "1.2.3"\n}\n`);
  for (const folder of ["dist", "tools"]) mkdirSync(join(home, folder));
  writeFileSync(join(home, "dist/main.js"), STAND_IN);
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

describe("words that start nothing", () => {
  test.each([[[]], [["upgrade"]], [["--config"]], [["--config", "/nowhere"]], [["STATUS"]]])(
    "usage for %j",
    async (words) => {
      const { rc, stdout, stderr } = await script(words);
      expect({ rc, stdout }).toEqual({ rc: 0, stdout: "" });
      expect(stderr).toMatch(USAGE);
    },
  );

  test("version", async () => {
    const { rc, stdout } = await script(["version"]);
    expect({ rc, stdout }).toEqual({ rc: 0, stdout: "Apache ZooKeeper, version 3.9.5 spoken by TypeKeeper 1.2.3\n" });
  });

  test("print-cmd, and every folder that it makes", async () => {
    config(`dataDir=${data}\nclientPort=1`);
    const { rc, stdout, stderr } = await script(["print-cmd"], { ZK_SERVER_HEAP: "512" });
    expect(rc).toBe(0);
    expect(stderr).toBe(`Using config: ${home}/conf/zoo.cfg\n`);
    expect(stdout.replace(/^"[^"]*node"/, `"node"`)).toBe(
      `"node" "--min-semi-space-size=16" "--heap-growing-percent=300" "--max-old-space-size=512" "${home}/dist/main.js" "${home}/conf/zoo.cfg" > "${home}/logs/zookeeper-u-server-h.out" 2>&1 < /dev/null\n`,
    );
    expect(existsSync(data) && existsSync(join(home, "logs"))).toBe(true);
  });
});

describe("which configuration", () => {
  test.each<[string, string[], Record<string, string>, string]>([
    ["the sample, when nobody named one", ["print-cmd"], {}, "conf/zoo_sample.cfg"],
    ["a bare name", ["print-cmd", "my.cfg"], {}, "conf/my.cfg"],
    ["a path", ["print-cmd", "./my.cfg"], {}, "./my.cfg"],
    ["ZOOCFG", ["print-cmd"], { ZOOCFG: "my.cfg" }, "conf/my.cfg"],
    ["ZOOCFGDIR", ["print-cmd"], { ZOOCFGDIR: "other" }, "other/zoo.cfg"],
    ["--config", ["--config", "other", "print-cmd"], { ZOOCFGDIR: "conf" }, "other/zoo.cfg"],
    ["--config and a name", ["--config", "other", "print-cmd", "a.cfg"], {}, "other/a.cfg"],
  ])("%s", async (_, words, env, expected) => {
    const { stderr } = await script(words, env);
    expect(stderr.replace(`${home}/`, "")).toBe(`Using config: ${expected}\n`);
  });

  test("zookeeper-env.sh and java.env are read", async () => {
    writeFileSync(join(home, "conf/zookeeper-env.sh"), `ZOOCFG=env.cfg\nZOO_LOG_DIR=${home}/elsewhere\n`);
    writeFileSync(join(home, "conf/java.env"), "ZK_SERVER_HEAP=77\n");
    const { stdout, stderr } = await script(["print-cmd"]);
    expect(stderr).toBe(`Using config: ${home}/conf/env.cfg\n`);
    expect(stdout).toContain("--max-old-space-size=77");
    expect(stdout).toContain(`${home}/elsewhere/zookeeper-u-server-h.out`);
  });
});

describe("status without an answer", () => {
  const FOUND = (address: string, port: number, secure = false) =>
    `Client port found: ${port}. Client address: ${address}. Client SSL: ${secure}.
Error contacting service. It is probably not running.
`;
  test.each<[string, string, string | undefined, string]>([
    ["clientPort", "clientPort=1\n", undefined, FOUND("localhost", 1)],
    ["blanks around the key", " clientPort = 1 \nclientPortAddress=127.0.0.1", undefined, FOUND("127.0.0.1", 1)],
    [
      "no port, no myid",
      "",
      undefined,
      `myid could not be determined, will not able to locate clientPort in the server configs.\n${NO_PORT}`,
    ],
    ["the server line", "server.1=h:2:3;4\nserver.11=h:2:3;5\n", "1", FOUND("localhost", 4)],
    ["an address there", "server.1=h:2:3:participant;[::1]:4\n", "1\n", FOUND("::1", 4)],
    [
      "no port in the server line",
      "server.1=h:2:3\n",
      "1",
      `Client port not found in static config file. Looking in dynamic config file.
Client port not found in the server configs
${NO_PORT}`,
    ],
    [
      "a secure port alone",
      "secureClientPort=1\n",
      undefined,
      `myid could not be determined, will not able to locate clientPort in the server configs.
Client port not found. Looking for secureClientPort in the static config.
${FOUND("localhost", 1, true)}`,
    ],
  ])("%s", async (_, text, myid, expected) => {
    config(`dataDir=${data}\n${text}`);
    if (myid !== undefined) {
      mkdirSync(data);
      writeFileSync(join(data, "myid"), myid);
    }
    const { rc, stdout } = await script(["status"]);
    expect({ rc, stdout }).toEqual({ rc: 1, stdout: expected });
  });
});

describe("a life", () => {
  test("start, status, a second start, restart, stop, a second stop", async () => {
    const port = await freePort();
    config(`dataDir=${data}\nclientPort=${port}\nclientPortAddress=127.0.0.1\n`);
    expect(await script(["start"])).toMatchObject({ rc: 0, stdout: "Starting zookeeper ... STARTED\n" });
    const pid = readFileSync(join(data, "zookeeper_server.pid"), "latin1");
    expect(pid).toMatch(/^\d+$/);
    const found = `Client port found: ${port}. Client address: 127.0.0.1. Client SSL: false.\n`;
    expect(await statusOfRunning()).toEqual({ rc: 0, stdout: `${found}Mode: standalone\n` });
    const again = await script(["start"]);
    expect(again).toMatchObject({ rc: 1, stdout: `Starting zookeeper ... already running as process ${pid}.\n` });
    const restarted = await script(["restart"]);
    expect(restarted).toMatchObject({
      rc: 0,
      stdout: "Stopping zookeeper ... STOPPED\nStarting zookeeper ... STARTED\n",
    });
    expect(readFileSync(join(data, "zookeeper_server.pid"), "latin1")).not.toBe(pid);
    expect(await script(["stop"])).toMatchObject({ rc: 0, stdout: "Stopping zookeeper ... STOPPED\n" });
    const file = join(data, "zookeeper_server.pid");
    const nothing = `Stopping zookeeper ... no zookeeper to stop (could not find file ${file})\n`;
    expect(await script(["stop"])).toMatchObject({ rc: 0, stdout: nothing });
  });

  test("a server that ends at once", async () => {
    config(`dataDir=${data}\n`);
    expect(await script(["start"])).toMatchObject({ rc: 1, stdout: "Starting zookeeper ... FAILED TO START\n" });
    const output = readFileSync(join(home, "logs/zookeeper-u-server-h.out"), "latin1");
    expect(JSON.parse(output)).toMatchObject({ config: `${home}/conf/zoo.cfg` });
  });

  test("a pid file that cannot be written", async () => {
    config(`dataDir=${data}\nclientPort=${await freePort()}\n`);
    const { rc, stdout } = await script(["start"], { ZOOPIDFILE: join(home, "conf") });
    expect({ rc, stdout }).toEqual({ rc: 1, stdout: "Starting zookeeper ... FAILED TO WRITE PID\n" });
  });

  test("no data directory, and none may be made", async () => {
    config(`dataDir=${data}\n`);
    const { rc, stdout } = await script(["start"], { ZOO_DATADIR_AUTOCREATE_DISABLE: "1" });
    const expected = `ZooKeeper data directory is missing at ${data} fix the path or run initialize\n`;
    expect({ rc, stdout }).toEqual({ rc: 1, stdout: expected });
  });

  test.each<[string, Record<string, string>, string]>([
    ["flags in Java's order", { SERVER_JVMFLAGS: "-Da=1", JVMFLAGS: "-Da=2 -Xmx1g" }, "-Da=1 -Da=2 -Xmx1g"],
    ["run as a child", { ZOO_NOEXEC: "1", SERVER_JVMFLAGS: "-Da=1" }, "-Da=1 "],
  ])("start-foreground: %s", async (_, env, flags) => {
    config(`dataDir=${data}\n`);
    const { rc, stdout } = await script(["start-foreground"], env);
    expect({ rc, ...JSON.parse(stdout) }).toEqual({ rc: 2, config: `${home}/conf/zoo.cfg`, flags, node: COLLECTOR });
  });

  test("start-foreground is the server: a signal reaches it", async () => {
    config(`dataDir=${data}\nclientPort=${await freePort()}\n`);
    const child = spawn(join(home, "bin/zkServer.sh"), ["start-foreground"], {
      env: environment(),
      stdio: ["ignore", "pipe", "ignore"],
    });
    const signal = await new Promise((resolve) => {
      child.stdout.once("data", () => child.kill("SIGTERM"));
      child.once("exit", (_, by) => resolve(by));
    });
    expect(signal).toBe("SIGTERM");
  });
});

describe("a source tree builds itself", () => {
  const FETCH = "npm ci --ignore-scripts --include=dev --no-audit --no-fund";
  const COMPILE = "tsc -b src";
  const MAIN = `cat > dist/main.js <<'END'\n${STAND_IN}END`;
  // npm is looked for beside Node first, so that the two belong together.
  const OWN_NODE = () => ({ NODE: join(home, "tools/node") });

  beforeEach(() => {
    config(`dataDir=${data}\n`);
    mkdirSync(join(home, "src"));
    writeFileSync(join(home, "src/main.ts"), "");
    symlinkSync(process.execPath, join(home, "tools/node"));
    tool("tools/tsc", `echo "tsc $*"\n${MAIN}`);
    tool("tools/npm", `echo "npm $*"\nmkdir -p node_modules/.bin\ncp tools/tsc node_modules/.bin`);
  });

  test.each<[string, () => void, string[]]>([
    ["everything on a fresh machine", () => rmSync(join(home, "dist"), { recursive: true }), [FETCH, COMPILE]],
    ["packages are missing", () => {}, [FETCH, COMPILE]],
    ["a source is newer", () => installed(2000), [COMPILE]],
    ["all is there", () => installed(1000), []],
  ])("%s", async (_, prepare, expected) => {
    prepare();
    const { rc, stdout, stderr } = await script(["start-foreground"], OWN_NODE());
    expect(stderr.trimEnd().split("\n").slice(1)).toEqual(expected);
    expect({ rc, ...JSON.parse(stdout) }).toMatchObject({ rc: 2, config: `${home}/conf/zoo.cfg` });
    expect(existsSync(join(home, "dist/.building"))).toBe(false);
  });

  test("a build that fails", async () => {
    tool("tools/tsc", `${MAIN}\nexit 1`);
    const { rc, stdout, stderr } = await script(["start"], OWN_NODE());
    expect({ rc, stdout }).toEqual({ rc: 1, stdout: "" });
    expect(stderr).toContain(`Error: TypeKeeper could not be built in ${home}.\n`);
    expect(existsSync(join(home, "dist/main.js"))).toBe(false);
  });

  test("a lock that a killed build left", async () => {
    mkdirSync(join(home, "dist/.building"));
    writeFileSync(join(home, "dist/.building/pid"), "");
    expect(await script(["start-foreground"], OWN_NODE())).toMatchObject({ rc: 2 });
  });

  function installed(sourceSeconds: number): void {
    mkdirSync(join(home, "node_modules/.bin"), { recursive: true });
    tool("node_modules/.bin/tsc", `echo "tsc $*"\n${MAIN}`);
    for (const file of ["src/main.ts", "package.json"]) utimesSync(join(home, file), sourceSeconds, sourceSeconds);
    utimesSync(join(home, "dist/main.js"), 1500, 1500);
  }
});

test("no Node that is new enough", async () => {
  tool("tools/node", "exit 1");
  const { rc, stderr } = await script(["start"], {
    PATH: `${home}/tools:/bin`,
    NODE: join(home, "tools/node"),
    NODE_PLACES: "",
  });
  expect(rc).toBe(1);
  expect(stderr).toContain("Error: Node 20.19 or newer could not be found in NODE, NODE_HOME or PATH.\n");
});

function config(text: string): void {
  writeFileSync(join(home, "conf/zoo.cfg"), text);
}

function tool(path: string, body: string): void {
  writeFileSync(join(home, path), `#!/usr/bin/env bash\n${body}\n`, { mode: 0o755 });
}

/** The stand-in listens some time after STARTED: on a busy machine that may take a while. */
async function statusOfRunning(): Promise<Pick<Outcome, "rc" | "stdout">> {
  for (;;) {
    const { rc, stdout } = await script(["status"]);
    if (rc === 0) return { rc, stdout };
  }
}

function environment(extra: Record<string, string> = {}): Record<string, string> {
  const path = `${join(home, "tools")}:${process.env.PATH}`;
  return { PATH: path, NODE: process.execPath, HOME: home, USER: "u", HOSTNAME: "h", ...extra };
}

function script(words: readonly string[], extra: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const options = { env: environment(extra), cwd: home };
    execFile(join(home, "bin/zkServer.sh"), words, options, (error, stdout, stderr) => {
      const rc = error === null ? 0 : error.code;
      if (typeof rc === "number") resolve({ rc, stdout, stderr });
      else reject(error);
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") return reject(new Error("no port"));
      server.close(() => resolve(address.port));
    });
  });
}
