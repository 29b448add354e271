/**
 * Four-letter words on the client port (operations 2.2): the first four bytes of a connection, read as a big-endian integer,
 * are a word before they are the length of a connect request.
 */

/** The word of an integer, or undefined if it is none: then it is a length. */
export function fourLetterWord(int32: number): string | undefined {
  return WORDS.get(int32);
}

/** Every command that ZooKeeper knows; `*` in the whitelist means these. */
const NAMES = [
  "conf",
  "cons",
  "crst",
  "dirs",
  "dump",
  "envi",
  "gtmk",
  "hash",
  "isro",
  "mntr",
  "ruok",
  "srst",
  "srvr",
  "stat",
  "stmk",
  "wchc",
  "wchp",
  "wchs",
];

/** What telnet sends for an interrupt: FF F4 FF FD. */
const TELNET_CLOSE = -720899;

const WORDS: ReadonlyMap<number, string> = new Map([
  ...NAMES.map((name) => [bigEndian(name), name] as const),
  [TELNET_CLOSE, "telnet close"] as const,
]);

function bigEndian(ascii: string): number {
  let int32 = 0;
  for (let i = 0; i < 4; i++) int32 = (int32 << 8) | ascii.charCodeAt(i);
  return int32;
}
