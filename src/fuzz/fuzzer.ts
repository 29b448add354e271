import { createContext, Script } from "node:vm";
import { bytesOfHex, hexBytes } from "../base/bytes.ts";
import { Random } from "../sim/random.ts";
import { Allocations } from "./allocations.ts";
import { type Decoder, Fault, type Verdict } from "./decoder.ts";
import { generate, guessFields, type Seed } from "./grammar.ts";
import { Mutator } from "./mutator.ts";

/** What a run met. */
export interface Tally {
  readonly executions: number;
  readonly accepted: number;
  readonly refused: number;
  /** The first input for each kind of refusal: what a corpus is made of. */
  readonly novel: readonly Uint8Array[];
}

/**
 * Executes a decoder on the corpus as it is, then on inputs made of it, of recorded ones and of the grammar. The same seed makes the same
 * inputs. A `Fault` ends it: the message has the input as a line for the corpus. An execution that never ends is one too.
 */
export function fuzz(
  decoder: Decoder,
  corpus: readonly Uint8Array[],
  seed: number,
  executions: number,
  hangMs = HANG_MS,
): Tally {
  const run = new Run(decoder, corpus, seed);
  const { stackTraceLimit } = Error;
  // A stack costs more than the refusal it belongs to.
  Error.stackTraceLimit = 0;
  try {
    return run.allocations.during(() => {
      for (const bytes of corpus) guarded(run, hangMs, () => run.execute(bytes));
      for (let left = executions - corpus.length; left > 0; left -= BATCH)
        guarded(run, hangMs, () => run.batch(Math.min(left, BATCH)));
      return run.tally();
    });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The inputs of a corpus file for one decoder: lines of its name and hex; `#` begins a comment. */
export function corpusOf(text: string, name: string): readonly Uint8Array[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${name} `))
    .map((line) => bytesOfHex(line.slice(name.length + 1)));
}

class Run {
  readonly allocations = new Allocations();
  input: Uint8Array = new Uint8Array(0);
  private readonly decoder: Decoder;
  private readonly seed: number;
  private readonly random: Random;
  private readonly mutator: Mutator;
  private readonly known = new Set<string>();
  private readonly novel: Uint8Array[] = [];
  private executions = 0;
  private accepted = 0;

  constructor(decoder: Decoder, corpus: readonly Uint8Array[], seed: number) {
    this.decoder = decoder;
    this.seed = seed;
    this.random = new Random(seed, decoder.name);
    this.mutator = new Mutator(this.seedsOf(corpus), this.random.fork("mutations"));
  }

  batch(executions: number): void {
    for (let left = executions; left > 0; left--) {
      const bytes = this.mutator.next();
      if (this.decoder.repair !== undefined && this.random.chance(0.7)) this.decoder.repair(bytes);
      this.execute(bytes);
    }
  }

  execute(bytes: Uint8Array): void {
    this.input = bytes;
    this.executions++;
    this.note(bytes, this.verdictOf(bytes));
  }

  tally(): Tally {
    const { executions, accepted, novel } = this;
    return { executions, accepted, refused: executions - accepted, novel };
  }

  fault(what: string): Fault {
    const { decoder, seed, executions, input } = this;
    return new Fault(
      `${decoder.name}, seed ${seed}, execution ${executions}: ${what}\nfor the corpus: ${decoder.name} ${hexBytes(input)}`,
    );
  }

  /** The same fault once more, with the stack that executions go without. */
  withStack(fault: Fault): Fault {
    Error.stackTraceLimit = STACK_LINES;
    try {
      this.verdictOf(this.input);
    } catch (error) {
      if (error instanceof Fault) return error;
    }
    return fault;
  }

  private verdictOf(bytes: Uint8Array): Verdict {
    return this.decoder.execute(bytes, this.random, this.allocations);
  }

  private note(bytes: Uint8Array, verdict: Verdict): void {
    if (verdict.kind === "accepted") {
      this.accepted++;
      return;
    }
    const kind = kindOf(verdict.why);
    if (this.known.has(kind) || this.known.size > MOST_KINDS) return;
    this.known.add(kind);
    const kept = bytes.slice();
    this.novel.push(kept);
    this.mutator.keep({ bytes: kept, fields: guessFields(kept) });
  }

  private seedsOf(corpus: readonly Uint8Array[]): readonly Seed[] {
    const { grammars, recorded = [] } = this.decoder;
    const whole = [...corpus, ...recorded].map((bytes) => ({ bytes, fields: guessFields(bytes) }));
    const drawn = grammars.flatMap((grammar) =>
      Array.from({ length: Math.ceil(DRAWN / grammars.length) }, () => generate(grammar, this.random)),
    );
    return [...whole, ...drawn];
  }
}

/**
 * Runs work that a decoder may never return from. The limit is far beyond what a batch takes on a slow machine: it says "never", not
 * "slowly". What was executing is then the input of the fault.
 */
function guarded(run: Run, hangMs: number, work: () => void): void {
  try {
    GUARD.runInContext(createContext({ work }), { timeout: hangMs });
  } catch (error) {
    if (error instanceof Fault) throw run.fault(run.withStack(error).message);
    if (isTimeout(error)) throw run.fault(`hangs: not back after ${hangMs} ms`);
    throw error;
  }
}

function isTimeout(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
  );
}

/** A refusal's words up to the first number or quoted text. */
function kindOf(why: string): string {
  const end = why.search(/[0-9"]/);
  return end < 0 ? why : why.slice(0, end);
}

const GUARD = new Script("work()");
const BATCH = 20_000;
const STACK_LINES = 12;
const HANG_MS = 60_000;
const DRAWN = 300;
const MOST_KINDS = 150;
