import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** What Python needs to find kazoo, installed by the first call on a machine. */
export function pythonEnv(): Readonly<Record<string, string>> {
  folder ??= execFileSync(join(__dirname, "fetch.sh"), { encoding: "utf8" }).trim();
  return { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1" };
}

/** Where kazoo lies, as installed. */
export function kazooFolder(): string {
  return join(pythonEnv().PYTHONPATH ?? "", "kazoo");
}

let folder: string | undefined;
