import { asciiBytes } from "../base/bytes.ts";

/**
 * The text of a zookeeper_stats node (client-protocol 3.15): `count=N,bytes=M`, and when there are further keys `=` and
 * `;key=value` for each in alphabetical order. A missing count or bytes is -1, as in Java.
 */
export class QuotaStats {
  private readonly values: ReadonlyMap<string, bigint>;

  private constructor(values: ReadonlyMap<string, bigint>) {
    this.values = values;
  }

  static of(count: bigint, bytes: bigint): QuotaStats {
    return new QuotaStats(
      new Map([
        ["count", count],
        ["bytes", bytes],
      ]),
    );
  }

  /** What cannot be parsed counts as nothing: Java throws there and the server stops (hazard H5). */
  static parse(data: Uint8Array | null): QuotaStats {
    const values = parseQuotaText(data);
    return values === undefined ? QuotaStats.of(0n, 0n) : new QuotaStats(values);
  }

  get count(): bigint {
    return this.values.get("count") ?? -1n;
  }

  get bytes(): bigint {
    return this.values.get("bytes") ?? -1n;
  }

  plus(count: bigint, bytes: bigint): QuotaStats {
    const values = new Map(this.values);
    values.set("count", BigInt.asIntN(64, this.count + count));
    values.set("bytes", BigInt.asIntN(64, this.bytes + bytes));
    return new QuotaStats(values);
  }

  encode(): Uint8Array {
    const others = [...this.values.keys()].filter((key) => key !== "count" && key !== "bytes").sort();
    const tail = others.map((key) => `;${key}=${this.values.get(key)}`).join("");
    return asciiBytes(`count=${this.count},bytes=${this.bytes}${tail === "" ? "" : `=${tail}`}`);
  }
}

/** The numbers of a limits or stats node; undefined for what Java cannot parse, and for what is too long to be one. */
export function parseQuotaText(data: Uint8Array | null): ReadonlyMap<string, bigint> | undefined {
  if (data === null || data.length > LONGEST_TEXT) return undefined;
  const values = new Map<string, bigint>();
  const text = latin1Text(data);
  if (text === "") return values;
  const pairs = text.split(/[,;]+/);
  while (pairs.at(-1) === "") pairs.pop();
  for (const pair of pairs) {
    const [key, value] = pair.replace(/=+$/, "").split("=");
    if (key === undefined || value === undefined || !INTEGER.test(value)) return undefined;
    const number = value === "" ? -1n : BigInt(value.replace("+", ""));
    if (number !== BigInt.asIntN(64, number)) return undefined;
    values.set(key, number);
  }
  return values;
}

/** A byte a unit: a byte that is no ASCII must not pass for a digit. */
function latin1Text(data: Uint8Array): string {
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return text;
}

const INTEGER = /^([+-]?[0-9]+)?$/;
const LONGEST_TEXT = 4096;
