#!/usr/bin/env node
import { diskThread } from "./diskThread.ts";
// By now the thread starts; the rest is loaded meanwhile.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createLogger, stdSerializers } from "bunyan";
import { ConfigError } from "./config/configError.ts";
import { parseJvmFlags } from "./config/jvmFlags.ts";
import { dataDirIn, parseConfig } from "./config/parseConfig.ts";
import { Host } from "./host.ts";
import { StartError, thisMachine } from "./hostPorts.ts";
import type { ServerEvent } from "./server/events.ts";
import { StoreError } from "./store/storeError.ts";

/**
 * The composition root: a zoo.cfg becomes a running server; signals end it. Exit codes are Java's (operations 1.3): 0 after
 * a signal, 2 for a configuration that cannot be used, 3 for directories, 1 for everything else.
 */
const log = createLogger({ name: "typekeeper", serializers: { err: stdSerializers.err } });

async function main(): Promise<void> {
  const [configPath, ...rest] = process.argv.slice(2);
  if (configPath === undefined || rest.length > 0) return end(2, "usage: typekeeper <zoo.cfg>");
  const text = readText(configPath, "latin1");
  if (text === undefined) return end(2, `Error processing ${configPath}: cannot be read (allowed: a readable file)`);
  const dataDir = dataDirIn(text);
  const myidText = dataDir === undefined ? undefined : readText(join(dataDir, "myid"), "latin1");
  const parsed = parseConfig(text, jvmProperties(), { myidText, configPath });
  if (parsed instanceof ConfigError) return end(parsed.exitCode, parsed.message);
  for (const warning of parsed.warnings) log.warn(warning);
  const host = await Host.start(parsed.config, { observe, exit: end, broke, turned }, thisMachine(diskThread));
  log.info({ clientPort: host.clientPort }, "listening");
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info({ signal }, "shutting down");
      host.stop().then(() => process.exit(0));
    });
  }
}

function observe({ level, name, message }: ServerEvent): void {
  log[level]({ event: name }, message);
}

/** Nothing catches it: the process ends with the stack of what went wrong. */
function broke(error: unknown): never {
  throw error;
}

/** Nobody here waits for anything. */
function turned(): void {}

function end(code: number, reason: string): never {
  log.fatal({ exitCode: code }, reason);
  process.stderr.write(`${reason}\n`);
  process.exit(code);
}

function readText(path: string, encoding: BufferEncoding): string | undefined {
  try {
    return readFileSync(path, encoding);
  } catch {
    return undefined;
  }
}

/** bin/zkServer.sh has appended JVMFLAGS already (operations 1.9). */
function jvmProperties(): ReadonlyMap<string, string> {
  return parseJvmFlags(`${process.env.SERVER_JVMFLAGS ?? ""}`);
}

main().catch((error: unknown) => {
  if (error instanceof StoreError || error instanceof StartError) return end(error.exitCode, error.message);
  end(1, error instanceof Error ? `${error.message}` : String(error));
});
