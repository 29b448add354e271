import { Gathering } from "./gathering.ts";

/** `senders` come one after the other, each a "+"; each writes a "!" when it sends. */
async function check(senders: number, expected: string): Promise<void> {
  const gathering = new Gathering();
  const log: string[] = [];
  for (let i = 0; i < senders; i++) {
    log.push("+");
    gathering.add({ flush: () => log.push("!") });
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(log.join("")).toBe(expected);
}

const WAITING = "+".repeat(32);
const SENT = "!".repeat(32);

test.each([
  ["one sends at the end of the round", 1, "+!"],
  ["several send together", 3, "+++!!!"],
  ["as many as may wait do wait", 32, WAITING + SENT],
  ["one more sends those before it", 33, `${WAITING}+${SENT}!`],
  ["each lot in turn", 65, `${WAITING}+${SENT}${WAITING}${SENT}!`],
])("%s", (_name, senders, expected) => check(senders, expected));

test("a round after the first", async () => {
  const gathering = new Gathering();
  const sent: number[] = [];
  for (const round of [1, 2]) {
    gathering.add({ flush: () => sent.push(round) });
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toHaveLength(round);
  }
});
