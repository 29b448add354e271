/** One step of a scenario: commands, and what the world prints while they run. */
export interface Block {
  /** With their comments, as they stand in the file. */
  readonly lines: readonly string[];
  readonly printed: readonly string[];
}

/**
 * A scenario's file. Blocks are parted by empty lines; in a block commands stand above `----`, what they print below. `#`
 * begins a comment; a block without commands is one.
 */
export function parseScript(text: string): readonly Block[] {
  const blocks = text.trimEnd().split(/\n{2,}/);
  return blocks.map((block) => {
    const lines = block.split("\n");
    const cut = lines.indexOf(CUT);
    return cut < 0 ? { lines, printed: [] } : { lines: lines.slice(0, cut), printed: lines.slice(cut + 1) };
  });
}

export function scriptText(blocks: readonly Block[]): string {
  const text = blocks.map(({ lines, printed }) =>
    [...lines, ...(printed.length > 0 ? [CUT, ...printed] : [])].join("\n"),
  );
  return `${text.join("\n\n")}\n`;
}

/** The command of a line; undefined for a comment. */
export function commandOf(line: string): string | undefined {
  const command = line.replace(/(^|\s)#.*$/, "").trim();
  return command === "" ? undefined : command;
}

const CUT = "----";
