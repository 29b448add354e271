import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Commands } from "./scenario/commands.ts";
import { type Block, commandOf, parseScript, scriptText } from "./scenario/script.ts";

/**
 * Golden transcripts. After a wanted change of what servers say: `UPDATE=1 npx jest src/sim/scenarios.test.ts`, and read
 * the difference.
 */
const FOLDER = join(__dirname, "scenarios");
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));

test.each(files)("%s", (name) => {
  const path = join(FOLDER, name);
  const text = readFileSync(path, "utf8");
  const played = play(text);
  if (process.env.UPDATE === undefined) expect(played).toBe(text);
  else writeFileSync(path, played);
});

function play(text: string): string {
  const commands = new Commands();
  const blocks = parseScript(text).map(({ lines }): Block => {
    const printed = lines.flatMap((line) => {
      const command = commandOf(line);
      return command === undefined ? [] : commands.run(command);
    });
    return { lines, printed };
  });
  return scriptText(blocks);
}
