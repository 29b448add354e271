import { MalformedEscape, parseProperties } from "./properties.ts";

function check(text: string, expected: readonly (readonly [string, string])[]): void {
  expect(parseProperties(text).map(({ key, value }) => [key, value])).toEqual(expected);
}

// Every expectation was recorded from java.util.Properties (Java 17).
test.each<[string, string, readonly (readonly [string, string])[]]>([
  [
    "the three separators",
    "a=1\nb:2\nc 3\n",
    [
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ],
  ],
  [
    "blanks around a separator",
    "a = 1\nb\t:\f2\nc \t 3",
    [
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ],
  ],
  [
    "only one separator is eaten",
    "a==1\nb:=2\nc = = 3",
    [
      ["a", "=1"],
      ["b", "=2"],
      ["c", "= 3"],
    ],
  ],
  [
    "a key without a value",
    "a\nb=\n",
    [
      ["a", ""],
      ["b", ""],
    ],
  ],
  [
    "an empty key",
    "=1\n:2\n",
    [
      ["", "1"],
      ["", "2"],
    ],
  ],
  ["comments after blanks", "# x=1\n  ! y=2\n\t#\n\n  \na=1 # not a comment", [["a", "1 # not a comment"]]],
  [
    "every line end",
    "a=1\rb=2\r\nc=3\n",
    [
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ],
  ],
  ["trailing blanks stay", "a=1 \t\n", [["a", "1 \t"]]],
  [
    "continuation drops leading blanks",
    "a=1\\\n   2\\\r\n\t3\nb=4",
    [
      ["a", "123"],
      ["b", "4"],
    ],
  ],
  ["a continuation may look like a comment", "a=1\\\n#2\n", [["a", "1#2"]]],
  ["a comment does not continue", "# x \\\na=1", [["a", "1"]]],
  [
    "an even number of backslashes does not continue",
    "a=1\\\\\nb=2",
    [
      ["a", "1\\"],
      ["b", "2"],
    ],
  ],
  ["a backslash alone starts a new line", "\\\n# x\na=1", [["a", "1"]]],
  ["the last line may end in a backslash", "a=1\\", [["a", "1"]]],
  ["escapes", "a\\=b\\:c\\ d=\\t\\n\\r\\f\\\\\\q", [["a=b:c d", "\t\n\r\f\\q"]]],
  ["a Windows path needs doubled backslashes", "d=C:\\data\\new", [["d", "C:data\new"]]],
  ["unicode", "\\u0061=\\u00E9\\u4e2d", [["a", "é中"]]],
  ["latin 1 as it is", "a=\u00e9", [["a", "é"]]],
  [
    "duplicates in order",
    "a=1\na=2",
    [
      ["a", "1"],
      ["a", "2"],
    ],
  ],
  ["nothing", "", []],
])("%s", (_, text, expected) => check(text, expected));

test.each(["a=\\u12", "a=\\u12g4", "\\u", "a=\\uu0041"])("malformed escape %j", (text) =>
  expect(() => parseProperties(text)).toThrow(MalformedEscape),
);
