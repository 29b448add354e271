/**
 * Whether a text is an X.500 distinguished name as Java's X500Principal reads it, which is what an x509 entry of an ACL has to be
 * (client-protocol 3.8): attributes `KEYWORD=value`, several joined by `+`, these joined by `,` or `;`. The empty text is one.
 */
export function isDistinguishedName(text: string): boolean {
  if (text === "") return true;
  let at = 0;
  for (;;) {
    const end = attributeEnd(text, at);
    if (end === undefined) return false;
    if (end === text.length) return true;
    at = end + 1;
  }
}

/** Where the separator behind the attribute is, or the end of the text; undefined: it is none. */
function attributeEnd(text: string, start: number): number | undefined {
  const equals = text.indexOf("=", start);
  if (equals < 0 || !isKeyword(text.slice(start, equals).trim())) return undefined;
  let at = equals + 1;
  while (text[at] === " " || text[at] === "\n") at++;
  if (text[at] === "#") return hexEnd(text, at + 1);
  return text[at] === '"' ? quotedEnd(text, at + 1) : plainEnd(text, at);
}

function isKeyword(keyword: string): boolean {
  const name = keyword.toUpperCase();
  return KEYWORDS.has(name) || isObjectIdentifier(name.startsWith("OID.") ? name.slice("OID.".length) : name);
}

function isObjectIdentifier(text: string): boolean {
  if (!OBJECT_IDENTIFIER.test(text)) return false;
  const [first = "", second = ""] = text.split(".");
  return first.length === 1 && Number(first) <= 2 && (first === "2" || Number(second) < 40);
}

/** `#` and the DER of the value, in hex digits. */
function hexEnd(text: string, start: number): number | undefined {
  let end = start;
  while (HEX_DIGIT.test(text[end] ?? "")) end++;
  const isWhole = end === text.length || SEPARATORS.includes(text[end] ?? "");
  return isWhole && isDerValue(text.slice(start, end)) ? end : undefined;
}

/** A tag, a length of one byte or of the long form, and as many bytes. */
function isDerValue(hex: string): boolean {
  const length = Number.parseInt(hex.slice(2, 4), 16);
  if (hex.length % 2 !== 0 || Number.isNaN(length)) return false;
  if (length < 0x80) return hex.length === 4 + 2 * length;
  const digits = 2 * (length & 0x7f);
  return digits > 0 && digits <= 8 && hex.length === 4 + digits + 2 * Number.parseInt(hex.slice(4, 4 + digits), 16);
}

function quotedEnd(text: string, start: number): number | undefined {
  let at = start;
  while (text[at] !== '"') {
    if (at >= text.length) return undefined;
    const next = text[at] === "\\" ? escapeEnd(text, at) : at + 1;
    if (next === undefined) return undefined;
    at = next;
  }
  at++;
  while (text[at] === " " || text[at] === "\n") at++;
  return at === text.length || SEPARATORS.includes(text[at] ?? "") ? at : undefined;
}

function plainEnd(text: string, start: number): number | undefined {
  let at = start;
  while (at < text.length && !SEPARATORS.includes(text[at] ?? "")) {
    if (FORBIDDEN.includes(text[at] ?? "")) return undefined;
    const next = text[at] === "\\" ? escapeEnd(text, at) : at + 1;
    if (next === undefined) return undefined;
    at = next;
  }
  return at;
}

/** Behind a backslash stand two hex digits, or one character that needs it. */
function escapeEnd(text: string, backslash: number): number | undefined {
  const next = text[backslash + 1] ?? "";
  if (HEX_DIGIT.test(next)) return HEX_DIGIT.test(text[backslash + 2] ?? "") ? backslash + 3 : undefined;
  return next !== "" && ESCAPED.includes(next) ? backslash + 2 : undefined;
}

const KEYWORDS: ReadonlySet<string> = new Set(
  `CN C L S ST O OU T IP STREET DC DNQUALIFIER DNQ SURNAME GIVENNAME INITIALS GENERATION EMAIL EMAILADDRESS UID
  SERIALNUMBER`.split(/\s+/),
);
const OBJECT_IDENTIFIER = /^[0-9]{1,9}(\.[0-9]{1,9})+$/;
const HEX_DIGIT = /^[0-9a-fA-F]$/;
const SEPARATORS = "+,;";
const FORBIDDEN = '<>"';
const ESCAPED = ',=\n+<>#;\\" ';
