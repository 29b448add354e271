/**
 * Host names and addresses as Java prints them. Config texts, four-letter words and log lines carry Java's spelling, and
 * peers compare config texts as bytes, so `::1` must read `0:0:0:0:0:0:0:1` (recorded from 3.9.5).
 */

/** A literal IPv6 address in full, lower case; an IPv4-mapped one as IPv4; "" as localhost; anything else as it is. */
export function hostText(host: string): string {
  if (host === "") return "localhost";
  if (!host.includes(":")) return host;
  const ipv4 = host.startsWith(MAPPED) ? ipv4Words(host.slice(MAPPED.length)) : undefined;
  if (ipv4 !== undefined) return ipv4Text(ipv4[0], ipv4[1]);
  const words = ipv6Words(host);
  if (words === undefined) return host;
  const mapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff;
  if (mapped) return ipv4Text(words[6] ?? 0, words[7] ?? 0);
  return words.map((word) => word.toString(16)).join(":");
}

/** `host:port`, with brackets around an IPv6 address. */
export function hostPortText(host: string, port: number): string {
  const text = hostText(host);
  return text.includes(":") ? `[${text}]:${port}` : `${text}:${port}`;
}

/** A remote address as Java's `InetSocketAddress.toString` prints it: `/127.0.0.1:51442`, `/[0:0:0:0:0:0:0:1]:51442`. */
export function socketAddressText(host: string, port: number): string {
  return `/${hostPortText(host, port)}`;
}

/** Whether a host, in whatever spelling, stands for every local address. */
export function isAnyAddress(host: string): boolean {
  const text = hostText(host);
  return text === "0.0.0.0" || text === "0:0:0:0:0:0:0:0";
}

/** Whether a host is a literal address rather than a name. */
export function isLiteralAddress(host: string): boolean {
  return ipv4Words(host) !== undefined || ipv6Words(host) !== undefined;
}

/** The eight words of a literal without scope; undefined for anything else. */
function ipv6Words(host: string): readonly number[] | undefined {
  const halves = host.split("::");
  if (halves.length > 2) return undefined;
  const head = wordsOf(halves[0] ?? "");
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  const tail = wordsOf(halves[1] ?? "");
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** The words of one side of `::`; an IPv4 address may stand at the end as two words. */
function wordsOf(text: string): readonly number[] | undefined {
  if (text === "") return [];
  const words: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const ipv4 = index === parts.length - 1 ? ipv4Words(part) : undefined;
    if (ipv4 !== undefined) words.push(...ipv4);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) words.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return words;
}

function ipv4Words(text: string): readonly [high: number, low: number] | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = match.slice(1).map(Number);
  if (Math.max(a, b, c, d) > 255) return undefined;
  return [a * 256 + b, c * 256 + d];
}

function ipv4Text(high: number, low: number): string {
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** How the system spells an IPv4 client of a socket for both kinds; each connection has one, and is spared the general way. */
const MAPPED = "::ffff:";
