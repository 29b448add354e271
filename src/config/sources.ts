import { javaTrim } from "../base/javaTrim.ts";
import { ConfigError, type Problem } from "./configError.ts";
import { decodeJavaLong, notANumber, parseJavaDouble, parseJavaInt, parseJavaLong } from "./numbers.ts";
import { MalformedEscape, type Property, parseProperties } from "./properties.ts";

/** The keys of one zoo.cfg, trimmed, last occurrence first in rank. Readers throw ConfigError. */
export class FileKeys {
  readonly path: string;
  /** In file order, duplicates included. */
  readonly entries: readonly Property[];
  private readonly values: ReadonlyMap<string, string>;

  constructor(path: string, text: string) {
    this.path = path;
    this.entries = trimmed(path, text);
    this.values = new Map(this.entries.map(({ key, value }) => [key, value]));
  }

  keys(): Iterable<string> {
    return this.values.keys();
  }

  text(key: string): string | undefined {
    return this.values.get(key);
  }

  int(key: string, fallback: number): number {
    const text = this.values.get(key);
    if (text === undefined) return fallback;
    const value = parseJavaInt(text);
    if (value === undefined) throw this.problem(key, notANumber(text, WHOLE_NUMBER));
    return value;
  }

  /** A number that only has to be one: the value of a key that is checked but not used. */
  checkLong(key: string): void {
    const text = this.values.get(key);
    if (text === undefined || parseJavaLong(text) !== undefined) return;
    throw this.problem(key, notANumber(text, "a whole number of 64 bits"));
  }

  flag(key: string, fallback: boolean): boolean {
    const text = this.values.get(key)?.toLowerCase();
    if (text === undefined) return fallback;
    if (text === "true" || text === "false") return text === "true";
    const why = `Invalid option ${this.values.get(key)} for ${key}. Choose 'true' or 'false.'`;
    throw this.problem(key, { why, allowed: "true or false" });
  }

  problem(key: string, problem: Problem): ConfigError {
    return new ConfigError(this.path, key, this.values.get(key), problem);
  }
}

/**
 * Java's system properties as they stand after zoo.cfg was read: the -D properties, overridden by every key of the file that
 * the parser does not handle itself, prefixed with `zookeeper.` (operations 1.1). Bad numbers silently give the default.
 */
export class SystemProperties {
  /** Full names of all properties that were asked for: what the server understands. */
  readonly asked = new Set<string>();
  private readonly values: ReadonlyMap<string, string>;

  constructor(given: ReadonlyMap<string, string>, file: FileKeys, isFileKey: (key: string) => boolean) {
    const others = file.entries.filter(({ key }) => !isFileKey(key));
    this.values = new Map([...given, ...others.map(({ key, value }) => [`zookeeper.${key}`, value] as const)]);
  }

  text(name: string): string | undefined {
    this.asked.add(name);
    return this.values.get(name);
  }

  /** Values of all properties whose name begins so. */
  valuesOf(prefix: string): readonly string[] {
    return [...this.values].filter(([name]) => name.startsWith(prefix)).map(([, value]) => value);
  }

  int(name: string, fallback: number): number {
    const value = decodeJavaLong(this.text(name) ?? "");
    return value !== undefined && BigInt.asIntN(32, value) === value ? Number(value) : fallback;
  }

  long(name: string, fallback: number): number {
    const value = decodeJavaLong(this.text(name) ?? "");
    return value === undefined ? fallback : Number(value);
  }

  double(name: string): number | undefined {
    return parseJavaDouble(this.text(name) ?? "");
  }

  /** Only `true`, in any case, is true. */
  flag(name: string, fallback: boolean): boolean {
    const text = this.text(name);
    return text === undefined ? fallback : text.toLowerCase() === "true";
  }
}

function trimmed(path: string, text: string): readonly Property[] {
  try {
    return parseProperties(text).map(({ key, value }) => ({ key: javaTrim(key), value: javaTrim(value) }));
  } catch (error) {
    if (!(error instanceof MalformedEscape)) throw error;
    throw new ConfigError(path, "\\u", undefined, { why: error.message, allowed: "\\u and four hexadecimal digits" });
  }
}

const WHOLE_NUMBER = "a whole number, -2147483648 to 2147483647";
