import { DecodeError, type Infer, int, Reader, record, ustring, vector } from "jute-ts";
import { viewOf } from "../base/bytes.ts";
import { Random } from "../sim/random.ts";
import { agreed } from "./chunks.ts";
import { type DecoderSpec, decoder, Fault } from "./decoder.ts";
import { corpusOf, fuzz, type Tally } from "./fuzzer.ts";
import { generate } from "./grammar.ts";

const List = record("List", { version: int, items: vector(ustring) });
const PLAIN: DecoderSpec<unknown> = {
  name: "list",
  executions: 0,
  grammars: [List],
  decode: (bytes) => List.decode(bytes),
};
const CORRECT = decoder<Infer<typeof List>>({
  ...PLAIN,
  decode: (bytes) => List.decode(bytes),
  again: (value) => List.decode(List.encode(value)),
});

/** Decoders of `List` with one mistake each, and what is said of it. */
const PLANTED: readonly (readonly [mistake: string, spec: Partial<DecoderSpec<unknown>>, said: RegExp])[] = [
  ["an array for an announced count", { decode: (bytes) => new Array(countIn(bytes)) }, /bytes asked for/],
  ["the same by Array.from", { decode: (bytes) => Array.from({ length: countIn(bytes) }) }, /bytes asked for/],
  [
    "a buffer for an announced length, before it is refused",
    {
      decode(bytes) {
        const copy = new Uint8Array(countIn(bytes));
        if (copy.length > bytes.length) throw new DecodeError("too short");
        return copy.length;
      },
    },
    /bytes asked for/,
  ],
  ["more in the value than in the bytes", { decode: (bytes) => "x".repeat(countIn(bytes)) }, /a value of weight/],
  [
    "reading on behind the end",
    { decode: (bytes) => new DataView(bytes.buffer).getInt32(bytes.byteOffset + 4) },
    /crash/,
  ],
  ["an error of another kind", { decode: (bytes) => parse(List.decode(bytes).items) }, /crash: TypeError/],
  ["no progress on length 0", { decode: (bytes) => stepsOf(bytes) }, /hangs/],
  ["a field that is not written", { again: () => ({ version: 0, items: [] }) }, /decoded, encoded and decoded again/],
  ["a stream that forgets a part", { decode: (bytes, random) => agreed(bytes, random, lastChunk) }, /in chunks/],
];

function countIn(bytes: Uint8Array): number {
  const reader = new Reader(bytes);
  reader.skip(4);
  return Math.max(0, Math.min(reader.int(), 1 << 20));
}

function parse(items: readonly (string | null)[] | null): readonly string[] {
  return (items as readonly string[]).map((item) => item.trim());
}

/** Its lengths lead it from one to the next. */
function stepsOf(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  let steps = 0;
  for (let at = 0; at + 4 <= bytes.length; steps++) at += Math.max(0, view.getInt32(at));
  return steps;
}

function lastChunk(chunks: readonly Uint8Array[]): unknown {
  return List.decode(chunks.at(-1) ?? new Uint8Array(0));
}

function faultOf(spec: DecoderSpec<unknown>, seed: number, corpus = "", executions = 20_000): string {
  try {
    fuzz(decoder(spec), corpusOf(corpus, spec.name), seed, executions, HANG_MS);
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
  return "none";
}

describe.each(PLANTED)("%s", (_mistake, spec, said) => {
  const planted = { ...PLAIN, ...spec, name: "planted" };

  test("is found, and the line of the corpus finds it at once", () => {
    const fault = faultOf(planted, 1);
    expect(fault).toMatch(said);
    const line = fault.split("for the corpus: ")[1] ?? "";
    expect(line).toMatch(/^planted [0-9a-f]*$/);
    // Chunks are drawn: of those a few are needed.
    expect(faultOf(planted, 2, `${line}\n`.repeat(30), 30)).toMatch(said);
  });

  test("by the same input with the same seed", () => {
    const [first, again] = [faultOf(planted, 3), faultOf(planted, 3)].map((fault) => fault.split("\n"));
    expect([again?.[0], again?.at(-1)]).toEqual([first?.[0], first?.at(-1)]);
  });
});

test("a decoder without a mistake takes and refuses, and what is refused anew is told", () => {
  const tally: Tally = fuzz(CORRECT, [], 1, 20_000);
  expect(tally.executions).toBe(20_000);
  expect(tally.accepted + tally.refused).toBe(20_000);
  expect(Math.min(tally.accepted, tally.refused)).toBeGreaterThan(1000);
  expect(tally.novel.length).toBeGreaterThan(2);
  for (const bytes of tally.novel) expect(() => List.decode(bytes)).toThrow(DecodeError);
});

test("the global constructors are what they were, also after a fault", () => {
  const before = [Uint8Array, Array, ArrayBuffer, Int32Array, Uint16Array, Error.stackTraceLimit];
  faultOf(PLAIN, 1);
  faultOf({ ...PLAIN, decode: () => new Array(1e6) }, 1);
  expect([Uint8Array, Array, ArrayBuffer, Int32Array, Uint16Array, Error.stackTraceLimit]).toEqual(before);
});

test("what a grammar makes decodes, and its fields lie side by side over all of it", () => {
  const random = new Random(1);
  for (let i = 0; i < 500; i++) {
    const { bytes, fields } = generate(List, random);
    expect(() => List.decode(bytes)).not.toThrow();
    expect(fields.reduce((at, field) => (field.at === at ? at + field.length : Number.NaN), 0)).toBe(bytes.length);
  }
});

test("a corpus has comments and lines of several decoders", () => {
  expect(corpusOf("# a 00\na 0102\nb 03\na \n", "a")).toEqual([Uint8Array.of(1, 2), new Uint8Array(0)]);
});

/** A planted loop never ends, so that any limit finds it; others are far below it. */
const HANG_MS = 2000;
