import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pythonEnv } from "./python.ts";

/** What became of each check of drive.py, by its name: "ok", or why it failed. */
export type Checks = ReadonlyMap<string, string>;

/** Runs drive.py against the servers; `killed` kills the one on the port, starts it again and resolves when that is done. */
export async function drive(connectString: string, killed: (port: number) => Promise<void>): Promise<Checks> {
  const child = spawn("python3", [join(__dirname, "drive.py"), connectString], {
    env: { ...process.env, ...pythonEnv() },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const checks = new Map<string, string>();
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const [, verdict = "", name = "", why = "ok"] = /^(\w+) (\w+)(?:: (.*))?$/.exec(line) ?? [];
      if (verdict === "kill") {
        await killed(Number(name));
        child.stdin.write("done\n");
      } else if (verdict === "ok" || verdict === "FAILED") checks.set(name, why);
      else throw new Error(`drive.py said ${line}`);
    }
    if (checks.size === 0) throw new Error(`drive.py checked nothing:\n${said}`);
    return checks;
  } finally {
    child.kill("SIGKILL");
  }
}
