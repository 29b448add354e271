import {
  bool,
  buffer,
  byte,
  compile,
  DecodeError,
  double,
  type Fields,
  float,
  type Infer,
  int,
  interpreted,
  long,
  optional,
  Reader,
  type RecordType,
  record,
  type Type,
  ustring,
  vector,
  Writer,
} from "./index.ts";
import { Seeded } from "./seeded.ts";

const Id = record("Id", { scheme: ustring, id: ustring });
const Acl = record("Acl", { perms: int, id: Id });
const Scalars = record("Scalars", { a: byte, b: bool, c: int, d: long, e: float, f: double });
const Create = record("Create", { path: ustring, data: buffer, acl: vector(Acl), flags: int });
const Connect = record("Connect", { version: int, zxid: long, passwd: buffer, readOnly: optional(bool) });
const Grid = record("Grid", { rows: vector(vector(long)), last: byte });
const Tail = record("Tail", { n: int, more: optional(record("More", { at: long, names: vector(ustring) })) });
const Nothing = record("Nothing", {});

/** Every record type with a value and its bytes. */
const SAMPLES: readonly (readonly [RecordType<unknown>, unknown, string])[] = [
  [Id, { scheme: "world", id: "anyone" }, "00000005776f726c6400000006616e796f6e65"],
  [Id, { scheme: null, id: "" }, "ffffffff00000000"],
  [Scalars, { a: -1, b: true, c: 258, d: -2n, e: 0.5, f: -1 }, "ff0100000102fffffffffffffffe3f000000bff0000000000000"],
  [
    Create,
    { path: "/a", data: Uint8Array.of(0x78), acl: [{ perms: 31, id: { scheme: "world", id: "anyone" } }], flags: 0 },
    "000000022f610000000178000000010000001f00000005776f726c6400000006616e796f6e6500000000",
  ],
  [Create, { path: null, data: null, acl: null, flags: -1 }, "ffffffffffffffffffffffffffffffff"],
  [Create, { path: "", data: new Uint8Array(0), acl: [], flags: 1 }, "00000000000000000000000000000001"],
  [Connect, { version: 0, zxid: 1n, passwd: null, readOnly: true }, "000000000000000000000001ffffffff01"],
  [Connect, { version: 0, zxid: 1n, passwd: null, readOnly: undefined }, "000000000000000000000001ffffffff"],
  [
    Grid,
    { rows: [[], null, [1n, -1n]], last: 5 },
    `0000000300000000ffffffff000000020000000000000001${"f".repeat(16)}05`,
  ],
  [Tail, { n: 1, more: undefined }, "00000001"],
  [Tail, { n: 1, more: { at: 2n, names: ["x", null] } }, "0000000100000000000000020000000200000001" + "78ffffffff"],
  [Nothing, {}, ""],
];

const MODES = [
  ["compiled", compile],
  ["interpreted", interpreted],
] as const;

describe.each(MODES)("%s", (_mode, inMode) => {
  test.each(SAMPLES)("$name %p is %s", (declared, value, hex) => {
    const type = inMode(declared);
    expect(Buffer.from(type.encode(value)).toString("hex")).toBe(hex);
    expect(type.decode(bytesOf(hex))).toEqual(value);
    expect(Object.keys(type.decode(bytesOf(hex)) as object)).toEqual(Object.keys(type.fields));
  });

  test.each(SAMPLES)("$name %p cut at every byte is a DecodeError", (declared, value, hex) => {
    const type = inMode(declared);
    const bytes = bytesOf(hex);
    for (let end = 0; end < bytes.length; end++) {
      if (declared === Connect && end === 16) continue;
      if (declared === Tail && end === 4) continue;
      expect(() => type.read(new Reader(bytes, 0, end))).toThrow(DecodeError);
    }
    expect(type.read(new Reader(bytes))).toEqual(value);
  });

  test("records follow each other, and bytes behind the last are left alone", () => {
    const type = inMode(Acl);
    const writer = new Writer(1);
    const values = [1, 2, 3].map((perms) => ({ perms, id: { scheme: "ip", id: `10.0.0.${perms}` } }));
    for (const value of values) type.write(writer, value);
    writer.raw(Uint8Array.of(1, 2, 3));
    const reader = new Reader(writer.written());
    expect(values.map(() => type.read(reader))).toEqual(values);
    expect(reader.remaining).toBe(3);
    expect(type.decode(writer.written())).toEqual(values[0]);
  });

  test.each([
    [Create, "000000", "Create.path: ustring at offset 0: needs 4 bytes, 3 remain"],
    [Create, "ffffffff00000005aabb", "Create.data: buffer at offset 8: needs 5 bytes, 2 remain"],
    [Create, `ffffffffffffffff7fffffff${"00".repeat(10)}`, count("Create.acl", 8, 2 ** 31 - 1, 0)],
    [Create, `ffffffffffffffff00000002${"00".repeat(23)}`, count("Create.acl", 8, 2, 1)],
    [
      Create,
      `ffffffffffffffff000000010000001f00000000fffffffe`,
      "Create.acl: Acl.id: Id.id: ustring at offset 20: length -2, allowed are -1 (null) to 2097150",
    ],
    [Grid, `0000000200000001${"00".repeat(8)}7fffffff00`, count("Grid.rows", 16, 2 ** 31 - 1, 0)],
    [Scalars, "0001000000", "Scalars.c: int at offset 2: needs 4 bytes, 3 remain"],
    [Scalars, "00010000000001020304050607", "Scalars.d: long at offset 6: needs 8 bytes, 7 remain"],
    [Tail, "0000000101", "Tail.more: More.at: long at offset 4: needs 8 bytes, 1 remain"],
  ] as const)("%p of %s is refused with the place", (declared, hex, message) => {
    expect(() => (inMode<unknown>(declared) as RecordType<unknown>).decode(bytesOf(hex))).toThrow(
      new DecodeError(message),
    );
  });

  test("a vector count below -1 is read as empty", () => {
    expect(inMode(Create).decode(bytesOf("fffffffffffffffffffffffe00000001")).acl).toEqual([]);
  });

  test("a limit of the reader holds inside records", () => {
    const reader = new Reader(bytesOf("0000000361626300000000"), 0, 11, 2);
    expect(() => inMode(Id).read(reader)).toThrow(
      new DecodeError("Id.scheme: ustring at offset 0: length 3, allowed are -1 (null) to 2"),
    );
  });

  test("a fault of the caller is not taken for bad bytes", () => {
    expect(() => inMode(Scalars).encode({ ...scalars(), d: 1 as unknown as bigint })).toThrow(TypeError);
  });
});

test("random declarations: both modes write the same bytes and read the same values", () => {
  const seeded = new Seeded(11);
  for (let n = 0; n < 400; n++) {
    const type = randomRecord(seeded, 3);
    const walked = interpreted(type);
    const value = randomValue(seeded, type, 3);
    const bytes = walked.encode(value);
    expect(type.encode(value)).toEqual(bytes);
    expect(type.decode(bytes)).toEqual(walked.decode(bytes));
    expect(type.decode(bytes)).toEqual(value);
    expect(bytes.length).toBeGreaterThanOrEqual(type.minimumSize);
  }
});

test("random damage: both modes come to the same value or the same error, at the same place", () => {
  const seeded = new Seeded(12);
  let refused = 0;
  for (let n = 0; n < 4000; n++) {
    const type = randomRecord(seeded, 2);
    const bytes = damaged(seeded, type.encode(randomValue(seeded, type, 2)));
    const outcome = outcomeOf(type, bytes);
    expect(outcome).toEqual(outcomeOf(interpreted(type), bytes));
    if ("error" in outcome) refused++;
  }
  expect(refused).toBeGreaterThan(1000);
});

test.each([
  ["an optional field before the last", () => record("R", { a: optional(int), b: int })],
  ["a record that may end early before the last", () => record("R", { a: Connect, b: int })],
  ["an optional of an optional", () => optional(optional(int))],
  ["a vector of items without size", () => vector(Nothing)],
  ["a vector of items that may end early", () => vector(Connect)],
  ["a field that means something to JavaScript", () => record("R", { ["__proto__"]: int })],
  ["a field that would move to the front", () => record("R", { "1": int })],
  ["a field that is code", () => record("R", { "a: 1, b": int })],
])("%s cannot be declared", (_what, declare) => expect(declare).toThrow(TypeError));

test("the types of the values follow from the declaration", () => {
  const create: Infer<typeof Create> = Create.decode(bytesOf("ffffffffffffffffffffffff00000000"));
  const same: Same<
    Infer<typeof Create>,
    {
      readonly path: string | null;
      readonly data: Uint8Array | null;
      readonly acl:
        | readonly {
            readonly perms: number;
            readonly id: { readonly scheme: string | null; readonly id: string | null };
          }[]
        | null;
      readonly flags: number;
    }
  > = true;
  const connect: Same<Infer<typeof Connect>["readOnly"], boolean | undefined> = true;
  const grid: Same<Infer<typeof Grid>["rows"], readonly (readonly bigint[] | null)[] | null> = true;
  expect([create.path, same, connect, grid]).toEqual([null, true, true, true]);
});

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function count(field: string, offset: number, announced: number, most: number): string {
  return `${field}: vector at offset ${offset}: count ${announced}, the bytes that remain hold at most ${most}`;
}

function scalars(): Infer<typeof Scalars> {
  return { a: 0, b: false, c: 0, d: 0n, e: 0, f: 0 };
}

type Outcome = { readonly value: unknown; readonly offset: number } | { readonly error: string };

function outcomeOf(type: RecordType<unknown>, bytes: Uint8Array): Outcome {
  const reader = new Reader(bytes);
  try {
    return { value: type.read(reader), offset: reader.offset };
  } catch (error) {
    if (error instanceof DecodeError) return { error: error.message };
    throw error;
  }
}

function damaged(seeded: Seeded, bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice(0, bytes.length - (seeded.below(2) === 0 ? 0 : seeded.below(bytes.length + 1)));
  if (copy.length > 0) copy[seeded.below(copy.length)] = seeded.pick([0, 1, 2, 0x7f, 0x80, 0xfe, 0xff]);
  return copy;
}

function randomRecord(seeded: Seeded, depth: number): RecordType<{ readonly [field: string]: unknown }> {
  const fields: { [field: string]: Type } = { first: randomType(seeded, depth) };
  const more = seeded.below(7);
  for (let i = 0; i < more; i++) fields[`f${i}`] = randomType(seeded, depth);
  if (depth > 1 && seeded.below(4) === 0) fields.tail = optional(randomType(seeded, 0));
  return record(`R${depth}`, fields as Fields);
}

function randomType(seeded: Seeded, depth: number): Type {
  const choice = seeded.below(depth > 0 ? 12 : 8);
  if (choice < 8) return seeded.pick<Type>([byte, bool, int, long, float, double, ustring, buffer]);
  return choice < 10 ? vector(randomType(seeded, depth - 1)) : closedRecord(seeded, depth - 1);
}

function closedRecord(seeded: Seeded, depth: number): RecordType<unknown> {
  return record("Inner", { x: randomType(seeded, depth), y: randomType(seeded, depth) });
}

function randomValue<T>(seeded: Seeded, type: Type<T>, depth: number): T {
  return valueFor(seeded, type, depth) as T;
}

function valueFor(seeded: Seeded, type: Type, depth: number): unknown {
  switch (type.kind) {
    case "byte":
      return (seeded.below(256) << 24) >> 24;
    case "bool":
      return seeded.below(2) === 1;
    case "int":
      return seeded.int32();
    case "long":
      return (BigInt(seeded.int32()) << 32n) | BigInt(seeded.int32() >>> 0);
    case "float":
      return Math.fround(seeded.int32() / 1000);
    case "double":
      return seeded.int32() / 1000;
    case "ustring":
      return seeded.below(5) === 0
        ? null
        : seeded.pick(["", "/", "/zoo/node-1", "grün", "\u4e2d\ufeff", "x".repeat(90)]);
    case "buffer":
      return seeded.below(5) === 0 ? null : Uint8Array.from({ length: seeded.below(9) }, () => seeded.below(256));
    case "vector":
      return seeded.below(5) === 0
        ? null
        : Array.from({ length: seeded.below(4) }, () => valueFor(seeded, type.item, depth));
    case "optional":
      return seeded.below(2) === 0 ? undefined : valueFor(seeded, type.type, depth);
    case "record":
      return Object.fromEntries(Object.entries(type.fields).map(([f, t]) => [f, valueFor(seeded, t, depth)]));
  }
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
