/**
 * The syntax of Java's `.properties` files, which is that of zoo.cfg (operations 1.1). Knows nothing of ZooKeeper's keys.
 */
export interface Property {
  readonly key: string;
  readonly value: string;
}

/** Java's message for a `\u` without four hex digits. */
export class MalformedEscape extends Error {
  override readonly name = "MalformedEscape";
}

/**
 * Every property in file order, duplicates included; neither keys nor values are trimmed at the end. `text` is the file
 * decoded as ISO-8859-1. Throws MalformedEscape.
 */
export function parseProperties(text: string): readonly Property[] {
  return logicalLines(text).map(propertyOf);
}

/** Natural lines joined over trailing backslashes, without comments, blank lines and leading blanks. */
function logicalLines(text: string): readonly string[] {
  const lines: string[] = [];
  let joined = "";
  for (const natural of text.split(/\r\n|\n|\r/)) {
    const line = natural.replace(/^[ \t\f]+/, "");
    // A continuation may look like a comment or be blank, unless nothing but the backslash came before it.
    if (joined === "" && (line === "" || line.startsWith("#") || line.startsWith("!"))) continue;
    const goesOn = endsInOddBackslashes(line);
    joined += goesOn ? line.slice(0, -1) : line;
    if (goesOn) continue;
    lines.push(joined);
    joined = "";
  }
  if (joined !== "") lines.push(joined);
  return lines;
}

function endsInOddBackslashes(line: string): boolean {
  const tail = /\\+$/.exec(line);
  return tail !== null && tail[0].length % 2 === 1;
}

/** Key up to the first bare `=`, `:` or blank; then blanks, at most one `=` or `:`, blanks; then the value. */
function propertyOf(line: string): Property {
  const key = /^(?:\\.|[^\\=: \t\f])*/s.exec(line)?.[0] ?? "";
  const separator = /^[ \t\f]*[=:]?[ \t\f]*/.exec(line.slice(key.length))?.[0] ?? "";
  return { key: unescaped(key), value: unescaped(line.slice(key.length + separator.length)) };
}

function unescaped(text: string): string {
  return text.replace(/\\(u[\s\S]{0,4}|[\s\S])/g, (_, body: string) => {
    if (!body.startsWith("u")) return ESCAPES.get(body) ?? body;
    if (!/^u[0-9a-fA-F]{4}$/.test(body)) throw new MalformedEscape("Malformed \\uxxxx encoding.");
    return String.fromCharCode(Number.parseInt(body.slice(1), 16));
  });
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["t", "\t"],
  ["n", "\n"],
  ["r", "\r"],
  ["f", "\f"],
]);
