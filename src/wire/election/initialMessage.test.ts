import { asciiBytes, concatBytes, hexBytes, viewOf } from "../../base/bytes.ts";
import { toServerId } from "../../base/ids.ts";
import { encodeInitialMessage, InitialMessageReader } from "./initialMessage.ts";

const V1 = -65536n;
const V2 = -65535n;

function message(version: bigint, sid: bigint, address: string, length = address.length): Uint8Array {
  const head = new Uint8Array(20);
  viewOf(head).setBigInt64(0, version);
  viewOf(head).setBigInt64(8, sid);
  viewOf(head).setInt32(16, length);
  return concatBytes([head, asciiBytes(address)]);
}

function bareSid(sid: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  viewOf(bytes).setBigInt64(0, sid);
  return bytes;
}

/** What the reader makes of a stream that comes in chunks of `cut` bytes, as one line. */
function read(stream: Uint8Array, cut: number): string {
  const reader = new InitialMessageReader();
  for (let at = 0; at < stream.length; at += cut) {
    const outcome = reader.push(stream.subarray(at, at + cut));
    if (outcome.kind === "incomplete") continue;
    if (outcome.kind === "refused") return "refused";
    const { sid, addresses } = outcome.message;
    const rest = hexBytes(concatBytes([outcome.rest, stream.subarray(at + cut)]));
    return [`sid ${sid}`, ...addresses.map(({ host, port }) => `${host} ${port}`), `rest ${rest}`].join(", ");
  }
  return "incomplete";
}

/** The same outcome however the stream is cut, and `incomplete` for each part of it. */
function check(stream: Uint8Array, expected: string): void {
  const followed = concatBytes([stream, Uint8Array.of(0xab, 0xcd)]);
  for (let cut = 1; cut <= followed.length; cut++) expect(read(followed, cut)).toBe(expected);
  if (expected === "refused") return;
  for (let length = 0; length < stream.length; length++) {
    expect(read(stream.subarray(0, length), Math.max(1, length))).toBe("incomplete");
  }
}

test("the bytes of the chapter's example", () => {
  const bytes = encodeInitialMessage(toServerId(3n), { host: "10.0.0.3", port: 3888 });
  expect(hexBytes(bytes)).toBe("ffffffffffff0000" + "0000000000000003" + "0000000d" + "31302e302e302e333a33383838");
  check(bytes, "sid 3, 10.0.0.3 3888, rest abcd");
});

test("an IPv6 literal is bracketed, in Java's spelling", () => {
  const bytes = encodeInitialMessage(toServerId(1n), { host: "::1", port: 3888 });
  expect(hexBytes(bytes.subarray(20))).toBe(hexBytes(asciiBytes("[0:0:0:0:0:0:0:1]:3888")));
  check(bytes, "sid 1, 0:0:0:0:0:0:0:1 3888, rest abcd");
});

test.each([
  ["zk-1.example.org:3888", "zk-1.example.org 3888"],
  ["[::1]:3888", "::1 3888"],
  ["[fe80::1%eth0]:1", "fe80::1%eth0 1"],
  ["a:1|b:2|c:3", "a 1, b 2, c 3"],
  ["a:1||", "a 1"],
  ["a:0", "a 0"],
  ["a:65535", "a 65535"],
  ["a:00080", "a 80"],
])("address text %s", (text, addresses) => {
  check(message(V1, 5n, text), `sid 5, ${addresses}, rest abcd`);
  check(message(V2, 5n, text), `sid 5, ${addresses}, rest abcd`);
});

test.each(["0.0.0.0:3888", "[::]:3888", "[0:0:0:0:0:0:0:0]:3888", "||"])("%s leaves no address to dial", (text) =>
  check(message(V2, 5n, text), "sid 5, rest abcd"),
);

test("a wildcard among others is dropped", () => {
  check(message(V2, 5n, "0.0.0.0:1|a:2|[::]:3"), "sid 5, a 2, rest abcd");
});

test.each([
  "a",
  "a:",
  ":3888",
  "a:b",
  "a:-1",
  "a:65536",
  "a:1:2",
  "::1:3888",
  "[::1]",
  "[::1]:",
  "[::1:3888",
  "[]:3888",
  "|a:1",
  "a:1||b:2",
  "a:1 ",
  "a:0x10",
])("address text %j is refused", (text) => check(message(V1, 5n, text), "refused"));

test.each([0, -1, -(2 ** 31), 2049, 2 ** 31 - 1])(
  "an address length of %i is refused before the text arrives",
  (length) => {
    expect(read(message(V1, 5n, "", length), 1)).toBe("refused");
  },
);

test("an address text of 2048 bytes is accepted", () => {
  const host = "h".repeat(2043);
  expect(read(message(V1, 5n, `${host}:3888`), 500)).toBe(`sid 5, ${host} 3888, rest `);
});

test.each([-1n, -65534n, -65537n, -(2n ** 63n)])("protocol version %d is refused after eight bytes", (version) => {
  expect(read(bareSid(version), 1)).toBe("refused");
});

test.each([0n, 1n, 2n ** 63n - 1n])("a first long of %d is the sid itself", (sid) => {
  check(bareSid(sid), `sid ${sid}, rest abcd`);
});
