// Runs before every `npm test`, so that a fresh clone needs no other command: dependencies, the peers that
// nobody here wrote, and the build that stands beside them.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

const installed = join(root, "node_modules", ".package-lock.json");
const locked = join(root, "package-lock.json");
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(locked).mtimeMs) {
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
}
run(join(root, "compat-tests", "java", "fetchAll.sh"), []);
run(join(root, "compat-tests", "kazoo", "fetch.sh"), []);
run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b"]);

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (error !== undefined || status !== 0) {
    console.error(`prepare: ${command} ${args.join(" ")} failed${error === undefined ? "" : `: ${error.message}`}`);
    process.exit(1);
  }
}
