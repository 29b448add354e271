import { runSeed } from "./run.ts";
import { SPOILS } from "./spoils.ts";

/** The simulator is graded: each of these has to be found within a few seeds. */
const BUDGET = 40;

test.each(Object.entries(SPOILS))("the simulator finds %s", (_name, spoil) => {
  let failure: string | undefined;
  for (let seed = 1; seed <= BUDGET && failure === undefined; seed++) failure = runSeed(seed, { spoil }).failure;
  expect(failure).toBeDefined();
});
