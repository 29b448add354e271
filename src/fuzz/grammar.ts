import { int, type Type, Writer } from "jute-ts";
import type { Random } from "../sim/random.ts";

/** How an input is made: a declaration of a record, or what no declaration says (nested packets, lists that end by a mark). */
export type Grammar =
  | Type
  | { readonly kind: "sequence"; readonly parts: readonly Grammar[] }
  | { readonly kind: "choice"; readonly of: readonly Grammar[] }
  | { readonly kind: "repeated"; readonly item: Grammar; readonly most: number }
  /** A buffer that holds an encoding. */
  | { readonly kind: "nested"; readonly inner: Grammar }
  | { readonly kind: "constant"; readonly bytes: Uint8Array };

/** A part of an input that means something by itself. */
export interface Field {
  readonly at: number;
  readonly length: number;
  /** `number`: an integer of `length` bytes, be it a value, a length or a count. `bytes`: anything else. */
  readonly kind: "number" | "bytes";
}

/** An input and where its fields lie. */
export interface Seed {
  readonly bytes: Uint8Array;
  readonly fields: readonly Field[];
}

export const sequence = (...parts: readonly Grammar[]): Grammar => ({ kind: "sequence", parts });
export const choice = (...of: readonly Grammar[]): Grammar => ({ kind: "choice", of });
export const repeated = (item: Grammar, most: number): Grammar => ({ kind: "repeated", item, most });
export const nested = (inner: Grammar): Grammar => ({ kind: "nested", inner });
export const constant = (bytes: Uint8Array): Grammar => ({ kind: "constant", bytes });

/** One of these ints. */
export function word(...values: readonly number[]): Grammar {
  return choice(...values.map((value) => constant(encodedInt(value))));
}

/** A valid encoding, drawn from the grammar. */
export function generate(grammar: Grammar, random: Random): Seed {
  const sketch = new Sketch(random);
  sketch.put(grammar);
  return { bytes: sketch.writer.toBytes(), fields: sketch.fields };
}

/** The fields of bytes whose grammar is not known: every int that could be the length or count of what follows, and the rest. */
export function guessFields(bytes: Uint8Array): readonly Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const fields: Field[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const value = view.getInt32(at);
    const isLength = value >= -1 && value <= bytes.length - at - 4;
    if (isLength) fields.push({ at, length: 4, kind: "number" });
    at += isLength ? 4 : 1;
  }
  return fields.length > 0 ? fields : [{ at: 0, length: bytes.length, kind: "bytes" }];
}

class Sketch {
  readonly writer = new Writer(256);
  readonly fields: Field[] = [];
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  put(grammar: Grammar): void {
    switch (grammar.kind) {
      case "sequence":
        for (const part of grammar.parts) this.put(part);
        break;
      case "choice":
        this.put(this.random.pick(grammar.of));
        break;
      case "repeated":
        for (let left = this.random.below(grammar.most + 1); left > 0; left--) this.put(grammar.item);
        break;
      case "nested":
        this.nested(grammar.inner);
        break;
      case "constant":
        this.field(grammar.bytes.length <= 8 ? "number" : "bytes", () => this.writer.raw(grammar.bytes));
        break;
      case "record":
        for (const type of Object.values(grammar.fields)) this.put(type);
        break;
      case "optional":
        if (this.random.chance(0.5)) this.put(grammar.type);
        break;
      case "vector":
        this.vector(grammar.item);
        break;
      default:
        this.scalar(grammar.kind);
    }
  }

  private nested(inner: Grammar): void {
    const lengthAt = this.writer.length;
    this.put(int);
    this.put(inner);
    this.writer.patchInt(lengthAt, this.writer.length - lengthAt - 4);
  }

  private vector(item: Grammar): void {
    const count = this.random.chance(0.05) ? -1 : this.random.below(4);
    this.field("number", () => this.writer.count(count));
    for (let left = count; left > 0; left--) this.put(item);
  }

  private scalar(kind: Exclude<Type["kind"], "record" | "optional" | "vector">): void {
    const { writer, random } = this;
    switch (kind) {
      case "byte":
      case "bool":
        return this.field("number", () => writer.byte(random.pick([0, 1, 1, -1])));
      case "int":
      case "float":
        return this.field("number", () => writer.int(random.pick(INTS)));
      case "long":
      case "double":
        return this.field("number", () => writer.long(random.pick(LONGS)));
      case "ustring":
        return this.counted(random.chance(0.04) ? null : encodedText(random.pick(TEXTS)));
      case "buffer":
        return this.counted(random.chance(0.1) ? null : new Uint8Array(random.below(9)).fill(random.below(256)));
    }
  }

  private counted(bytes: Uint8Array | null): void {
    this.field("number", () => this.writer.int(bytes === null ? -1 : bytes.length));
    if (bytes !== null && bytes.length > 0) this.field("bytes", () => this.writer.raw(bytes));
  }

  private field(kind: Field["kind"], write: () => void): void {
    const at = this.writer.length;
    write();
    this.fields.push({ at, length: this.writer.length - at, kind });
  }
}

function encodedInt(value: number): Uint8Array {
  const writer = new Writer(4);
  writer.int(value);
  return writer.toBytes();
}

/** As jute writes it: lone surrogates too. */
function encodedText(text: string): Uint8Array {
  const writer = new Writer(64);
  writer.ustring(text);
  return writer.toBytes().slice(4);
}

const INTS = [0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 31, -1, -2, 30_000, 65_536, 0x7fffffff, -0x80000000];
const LONGS = [0n, 1n, 2n, -1n, 60_000n, 0x100000001n, 0x0300012345670000n, 2n ** 63n - 1n, -(2n ** 63n)];
const TEXTS = [
  "/a",
  "/a/b",
  "/",
  "",
  "/zookeeper/quota",
  "/caf\u00e9",
  "/\u65e5\u672c",
  "/\u{1f600}",
  "/\ud800x",
  "/a\u0000b",
  "//",
  "/a/../b",
  "world",
  "anyone",
  "digest",
  "user:secret",
  "__proto__",
  "server.1=127.0.0.1:1:2:participant;3",
  "a".repeat(70),
];
