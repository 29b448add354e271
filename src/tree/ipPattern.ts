/** The `ip` scheme's ids: `address` or `address/bits` (client-protocol 7.4). IPv6 since 3.9.4. */

/** Whether the text is an IPv4 or IPv6 address, optionally with a prefix length that its family allows. */
export function isIpPattern(text: string): boolean {
  return parsePattern(text) !== undefined;
}

/** Whether the address is of the pattern's family and its leading bits are equal. */
export function matchesIp(address: string, pattern: string): boolean {
  const wanted = parsePattern(pattern);
  const bytes = parseAddress(address);
  if (wanted === undefined || bytes === undefined || bytes.length !== wanted.bytes.length) return false;
  for (let bit = 0; bit < wanted.bits; bit += 8) {
    const mask = (0xff00 >> Math.min(8, wanted.bits - bit)) & 0xff;
    const index = bit >> 3;
    if ((((bytes[index] ?? 0) ^ (wanted.bytes[index] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

interface IpPattern {
  readonly bytes: readonly number[];
  readonly bits: number;
}

function parsePattern(text: string): IpPattern | undefined {
  const slash = text.indexOf("/");
  const bytes = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (bytes === undefined) return undefined;
  const most = bytes.length * 8;
  const bits = slash < 0 ? most : decimal(text.slice(slash + 1), most);
  return bits === undefined ? undefined : { bytes, bits };
}

function parseAddress(text: string): readonly number[] | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split(".").map((part) => decimal(part, 255));
  const bytes = parts.filter((part) => part !== undefined);
  return parts.length === 4 && bytes.length === 4 ? bytes : undefined;
}

/** Eight groups of one to four hex digits; one `::` stands for at least one group of zeros. */
function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(groupsOf);
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? bytesOf(head) : undefined;
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  const zeros = new Array<number>(8 - head.length - tail.length).fill(0);
  return bytesOf([...head, ...zeros, ...tail]);
}

function groupsOf(text: string): readonly number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  return groups.every((group) => HEX_GROUP.test(group)) ? groups.map((group) => Number.parseInt(group, 16)) : undefined;
}

function bytesOf(groups: readonly number[]): readonly number[] {
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

function decimal(text: string, most: number): number | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text);
  return value >= 0 && value <= most ? value : undefined;
}

// As Java reads an int: a sign and zeros in front are taken.
const DECIMAL = /^[+-]?[0-9]+$/;
const HEX_GROUP = /^[0-9a-fA-F]{1,4}$/;
