import { type ChildProcess, execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modeOf } from "../peers/fourLetter.ts";
import { freePort } from "../peers/ports.ts";
import { waitFor } from "../peers/waiting.ts";

const ROOT = join(__dirname, "..", "..");

/** What a program printed and how it ended: an exit code, or a signal's name. */
export interface Outcome {
  readonly rc: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running server that was started in the foreground. */
export interface Foreground {
  readonly process: ChildProcess;
  readonly ended: Promise<Outcome>;
}

/** An installed copy of the product in a folder of its own, as an operator has it: bin, conf, dist; no source. */
export class Installation {
  readonly home = mkdtempSync(join(tmpdir(), "typekeeper-operator-"));
  readonly dataDir = join(this.home, "data");
  private readonly running = new Set<ChildProcess>();

  constructor() {
    for (const folder of ["bin", "conf"]) cpSync(join(ROOT, folder), join(this.home, folder), { recursive: true });
    for (const path of ["dist", "node_modules", "package.json"]) symlinkSync(join(ROOT, path), join(this.home, path));
    rmSync(join(this.home, "conf/zoo.cfg"), { force: true });
  }

  /** The sample keeps its words, but for a port and a folder that others may use. */
  async moveSample(): Promise<number> {
    const path = join(this.home, "conf/zoo_sample.cfg");
    const port = await freePort();
    const text = readFileSync(path, "latin1")
      .replace(/^dataDir=.*$/m, `dataDir=${this.dataDir}`)
      .replace(/^clientPort=.*$/m, `clientPort=${port}`);
    writeFileSync(path, text);
    return port;
  }

  config(lines: readonly string[], name = "zoo.cfg"): string {
    const path = join(this.home, "conf", name);
    writeFileSync(path, `${lines.join("\n")}\n`);
    return path;
  }

  /** A file in the data directory. */
  data(name: string, content: string | Uint8Array): string {
    const path = join(this.dataDir, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  /** Runs the script to its end. */
  script(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return new Promise((resolve) => {
      const options = { env: this.environment(env), cwd: this.home };
      execFile(join(this.home, "bin/zkServer.sh"), words, options, (error, stdout, stderr) =>
        resolve({ rc: error === null ? 0 : (error.code ?? error.signal ?? "unknown"), stdout, stderr }),
      );
    });
  }

  /** Starts the script with start-foreground, whose process the server then is. */
  foreground(words: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Foreground {
    const child = spawn(join(this.home, "bin/zkServer.sh"), ["start-foreground", ...words], {
      env: this.environment(env),
      cwd: this.home,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.running.add(child);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const ended = new Promise<Outcome>((resolve) => {
      child.once("close", (code, signal) => {
        this.running.delete(child);
        resolve({ rc: code ?? signal ?? "unknown", stdout, stderr });
      });
    });
    return { process: child, ended };
  }

  /** Ends what still runs, and removes the folder. */
  async remove(): Promise<void> {
    for (const child of this.running) child.kill("SIGKILL");
    if (this.running.size > 0) await waitFor("the end of servers", 10_000, () => this.running.size === 0 || undefined);
    rmSync(this.home, { recursive: true, force: true });
  }

  private environment(extra: Readonly<Record<string, string>>): Record<string, string> {
    return {
      PATH: process.env.PATH ?? "",
      NODE: process.execPath,
      HOME: this.home,
      USER: "u",
      HOSTNAME: "h",
      ...extra,
    };
  }
}

/** Until the server says its mode. */
export function serves(port: number): Promise<string> {
  return waitFor(`a server on port ${port}`, 20_000, () => modeOf(port));
}
