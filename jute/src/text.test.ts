import { Reader, Writer } from "./index.ts";
import { Seeded } from "./seeded.ts";

/** Recorded from `new String(bytes, UTF_8)` of OpenJDK 17: the bytes, and the UTF-16 units they become. */
test.each([
  ["efbbbf61", "feff 0061"],
  ["61ff62", "0061 fffd 0062"],
  ["c0af", "fffd fffd"],
  ["c3", "fffd"],
  ["c328", "fffd 0028"],
  ["e282", "fffd"],
  ["e28228", "fffd 0028"],
  ["e28261", "fffd 0061"],
  ["eda080", "fffd"],
  ["eda0", "fffd"],
  ["eda061", "fffd 0061"],
  ["ed9fbf", "d7ff"],
  ["edbfbf", "fffd"],
  ["eda0bdedb880", "fffd fffd"],
  ["e08080", "fffd fffd fffd"],
  ["e0808061", "fffd fffd fffd 0061"],
  ["e0a080", "0800"],
  ["f09f9880", "d83d de00"],
  ["f09f9861", "fffd 0061"],
  ["f09f98", "fffd"],
  ["f09f", "fffd"],
  ["f0", "fffd"],
  ["f0908061", "fffd 0061"],
  ["f0808080", "fffd fffd fffd fffd"],
  ["f4908080", "fffd fffd fffd fffd"],
  ["f48fbfbf", "dbff dfff"],
  ["f5808080", "fffd fffd fffd fffd"],
  ["fc8080808080", "fffd fffd fffd fffd fffd fffd"],
  ["80", "fffd"],
  ["8080", "fffd fffd"],
  ["efbfbf", "ffff"],
  ["00", "0000"],
  ["c280", "0080"],
])("bytes %s read as %s", (hex, units) => {
  expect(unitsOf(textOf(Buffer.from(hex, "hex")))).toBe(units);
  const long = "x".repeat(100);
  expect(unitsOf(textOf(Buffer.from(`${hex}${"78".repeat(100)}`, "hex")).slice(0, -100))).toBe(units);
  expect(textOf(Buffer.from(`${"78".repeat(100)}${hex}`, "hex")).slice(0, 100)).toBe(long);
});

/** The first and last byte of every class that UTF-8 knows. */
const EDGES = [
  0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0,
  0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff,
];

test("all 406,900 strings of one to four edge bytes read as OpenJDK 17 reads them", () => {
  const digest = new TextDigest();
  const digests: string[] = [];
  for (let length = 1; length <= 4; length++) {
    for (let n = 0; n < EDGES.length ** length; n++) digest.add(textOf(edgeBytes(n, length)));
    digests.push(digest.hex());
  }
  expect(digests).toEqual(["51e90c25", "e4b168d1", "e696ed87", "a33544e7"]);
});

test("50,000 random strings of 5 to 12 edge bytes read as OpenJDK 17 reads them", () => {
  const digest = new TextDigest();
  const seeded = new Seeded(1);
  for (let n = 0; n < 50_000; n++) {
    digest.add(textOf(Uint8Array.from({ length: 5 + (n % 8) }, () => seeded.pick(EDGES))));
  }
  expect(digest.hex()).toBe("aea5c0ec");
});

test.each([
  ["a pair, three bytes each", "\ud83d\ude00", "eda0bdedb880"],
  ["half a pair", "\ud83d", "eda0bd"],
  ["the last surrogate", "\udfff", "edbfbf"],
  ["the edges of one, two and three bytes", "\u007f\u0080\u07ff\u0800\uffff", "7fc280dfbfe0a080efbfbf"],
  ["ASCII for long and then not", `${"a".repeat(70)}é`, `${"61".repeat(70)}c3a9`],
])("each UTF-16 unit is written on its own: %s", (_what, text, hex) => {
  writer.reset();
  writer.ustring(text);
  writer.byte(1);
  const length = (hex.length / 2).toString(16).padStart(8, "0");
  expect(Buffer.from(writer.written()).toString("hex")).toBe(`${length}${hex}01`);
});

test("ASCII of every length comes back, the first time and the third", () => {
  for (let length = 0; length < 200; length++) {
    const text = `/${"n".repeat(length)}${length}`;
    for (let time = 0; time < 3; time++) expect(textOf(Buffer.from(text))).toBe(text);
  }
});

test("texts that differ in one byte are never mixed up, however many come and come again", () => {
  const seeded = new Seeded(7);
  const alphabet = [..."/abcdefghijklmnopqrstuvwxyz0123456789-_.\u0000\u007f"];
  const names = Array.from({ length: 20_000 }, () =>
    Array.from({ length: 1 + seeded.below(70) }, () => seeded.pick(alphabet)).join(""),
  );
  for (let n = 0; n < 100_000; n++) {
    const name = names[seeded.below(n % 2 === 0 ? 50 : names.length)] ?? "";
    if (textOf(Buffer.from(name, "latin1")) !== name) throw new Error(`${JSON.stringify(name)} read as another text`);
  }
});

/** The cache hashes words of four bytes by exclusive or first: these texts meet in one slot with one hash. */
test.each([
  ["the words swapped", ["aaaabbbb", "bbbbaaaa"]],
  ["the same word in every length", Array.from({ length: 64 }, (_, n) => "a".repeat(n + 1))],
  ["the first and the last word alike", ["nodexxxxnode", "nodeyyyynode", "nodexxxxyode"]],
])("texts whose hashes collide stay apart: %s", (_what, texts) => {
  for (const kept of texts) {
    for (let time = 0; time < 3; time++) expect(textOf(Buffer.from(kept))).toBe(kept);
    for (const text of texts) expect(textOf(Buffer.from(text))).toBe(text);
  }
});

const writer = new Writer(1024);
const reader = new Reader(writer.bytes);

/** Folds texts into 32 bits (FNV-1a over UTF-16 units, then the length), as the Java program did that recorded them. */
class TextDigest {
  private state = 0x811c9dc5;

  add(text: string): void {
    for (let i = 0; i < text.length; i++) this.mix(text.charCodeAt(i));
    this.mix(0x10000 | text.length);
  }

  hex(): string {
    return (this.state >>> 0).toString(16);
  }

  private mix(value: number): void {
    this.state = Math.imul(this.state ^ value, 0x01000193);
  }
}

function edgeBytes(n: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = length - 1, rest = n; i >= 0; i--, rest = Math.floor(rest / EDGES.length)) {
    bytes[i] = EDGES[rest % EDGES.length] ?? 0;
  }
  return bytes;
}

function textOf(encoded: Uint8Array): string {
  writer.reset();
  writer.buffer(encoded);
  reader.reset(writer.bytes, 0, writer.length);
  return reader.ustring() ?? "null";
}

function unitsOf(text: string): string {
  return Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, "0")).join(" ");
}
