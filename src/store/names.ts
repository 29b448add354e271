import { hex64 } from "../base/bytes.ts";
import { toZxid, type Zxid } from "../base/zxid.ts";
import type { Compression } from "./compression.ts";
import type { Directory } from "./directory.ts";
import { StoreError } from "./storeError.ts";

/** Names of logs and snapshots, and Java's loose way of reading them (on-disk-formats 1.1). */

export type StoredKind = "log" | "snapshot";

export interface StoredFile {
  readonly name: string;
  readonly zxid: Zxid;
}

export function storedName(kind: StoredKind, zxid: Zxid, compression: Compression = "none"): string {
  return `${kind}.${hex64(zxid)}${compression === "none" ? "" : `.${compression}`}`;
}

/** Where a file is written before it is whole. Must not start with `log.` or `snapshot.`: Java would load it (W2). */
export function temporaryName(name: string): string {
  return `${TEMPORARY}${name}`;
}

/** A file that must not be read any more but is not thrown away: Java does not look at it either. */
export function retiredName(name: string): string {
  return `${RETIRED}${name}`;
}

export function isTemporary(name: string): boolean {
  return name.startsWith(TEMPORARY);
}

export function isRetired(name: string): boolean {
  return name.startsWith(RETIRED);
}

/**
 * The zxid that Java reads in a name: the second dot-separated part as signed 64-bit hex, whatever follows. Undefined for what
 * Java gives -1 or less, and for `*.tmp`, which Java would load and must not be (R1).
 */
export function zxidOfName(kind: StoredKind, name: string): Zxid | undefined {
  return suffixOf(name) === "tmp" ? undefined : javaZxidOfName(kind, name);
}

/** The same for `*.tmp` too. */
export function javaZxidOfName(kind: StoredKind, name: string): Zxid | undefined {
  const parts = name.split(".");
  if (parts[0] !== kind || parts[1] === undefined) return undefined;
  const value = parseHex(parts[1]);
  return value === undefined || value < 0n || value > MAX_LONG ? undefined : toZxid(value);
}

/**
 * The logs or snapshots of a directory, lowest zxid first. StoreError when two of them have one zxid: which one Java
 * takes depends on the order of the directory. But one snapshot may be there once for each compression: a server that was
 * started again with another one, and nothing new to tell, writes it a second time. The plain one is the last then.
 */
export function storedFiles(directory: Directory, kind: StoredKind): readonly StoredFile[] {
  const files: StoredFile[] = [];
  for (const name of directory.list()) {
    const zxid = zxidOfName(kind, name);
    if (zxid !== undefined) files.push({ name, zxid });
  }
  files.sort((a, b) => (a.zxid < b.zxid ? -1 : a.zxid > b.zxid ? 1 : rankOf(b.name) - rankOf(a.name)));
  files.forEach((file, i) => {
    const before = files[i - 1];
    if (before?.zxid !== file.zxid || (kind === "snapshot" && rankOf(before.name) !== rankOf(file.name))) return;
    throw duplicate(directory, before.name, file.name, file.zxid);
  });
  return files;
}

/** Told by the last part of the name, in any case; any other end means a plain file (on-disk-formats 1.1). */
export function compressionOf(name: string): Compression {
  const suffix = suffixOf(name);
  return suffix === "gz" || suffix === "snappy" ? suffix : "none";
}

function rankOf(name: string): number {
  return COMPRESSIONS.indexOf(compressionOf(name));
}

function suffixOf(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1).toLowerCase();
}

/** What Java's Long.parseLong(text, 16) accepts, not yet bounded. */
function parseHex(text: string): bigint | undefined {
  const negative = text.startsWith("-");
  const digits = negative || text.startsWith("+") ? text.slice(1) : text;
  if (digits.length === 0) return undefined;
  for (const digit of digits) if (!HEX_DIGITS.includes(digit)) return undefined;
  const value = BigInt(`0x${digits}`);
  return negative ? -value : value;
}

function duplicate(directory: Directory, a: string, b: string, zxid: Zxid): StoreError {
  return new StoreError(
    `${directory.path}: ${a} and ${b} both stand for zxid 0x${hex64(zxid)}; move the wrong one out of this directory`,
  );
}

const COMPRESSIONS: readonly Compression[] = ["none", "gz", "snappy"];
const HEX_DIGITS = "0123456789abcdefABCDEF";
const MAX_LONG = 0x7fffffffffffffffn;
const TEMPORARY = "tmp-";
const RETIRED = "retired-";
