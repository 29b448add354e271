import { readFileSync } from "node:fs";

/** Resident memory of a process, in MiB (Linux). */
export function residentMiB(pid: number): number {
  return statusMiB(pid, "VmRSS");
}

/** The most that `residentMiB` has ever been. */
export function peakMiB(pid: number): number {
  return statusMiB(pid, "VmHWM");
}

function statusMiB(pid: number, key: "VmRSS" | "VmHWM"): number {
  const kib = new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  if (kib === undefined) throw new Error(`no ${key} of process ${pid}`);
  return Number(kib) / 1024;
}
