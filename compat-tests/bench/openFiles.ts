import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** 10,000 connections, and what a server has open besides: files, jars, sockets of peers. */
const WANTED = 12_000;

/**
 * Lets this process, and so every server and load generator it starts, have enough files open for 10,000 connections. Throws,
 * saying what the machine allows, when its hard limit is lower and may not be raised.
 */
export function raiseOpenFiles(): void {
  const [, soft = "0", hard = "0"] =
    /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "latin1")) ?? [];
  if (limit(soft) >= WANTED) return;
  const target = Math.max(WANTED, limit(hard));
  const value = Number.isFinite(target) ? `${target}` : "unlimited";
  try {
    execFileSync("prlimit", ["--pid", `${process.pid}`, `--nofile=${WANTED}:${value}`], { stdio: "pipe" });
  } catch {
    throw new Error(
      `10,000 connections need ${WANTED} open files; this machine allows ${hard} and the limit could not be raised ` +
        `(allowed: a hard limit of at least ${WANTED}, see ulimit -Hn)`,
    );
  }
}

function limit(word: string): number {
  return word === "unlimited" ? Number.POSITIVE_INFINITY : Number(word);
}
