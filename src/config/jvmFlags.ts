/**
 * The `-Dkey=value` words of SERVER_JVMFLAGS and JVMFLAGS. The official script expands the variables unquoted, so words end
 * at blanks and a quote is a character like any other. Other options (-Xmx, -XX, -agentlib) speak to a Java machine and are
 * dropped. `-Dkey` alone is the empty value; the last of several wins, as on Java's command line.
 */
export function parseJvmFlags(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const word of text.split(/[ \t\n]+/)) {
    if (!word.startsWith("-D") || word === "-D") continue;
    const [, key = "", value = ""] = /^-D([^=]*)=?([\s\S]*)$/.exec(word) ?? [];
    properties.set(key, value);
  }
  return properties;
}
