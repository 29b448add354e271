import { DecodeError } from "jute-ts";
import type { Random } from "../sim/random.ts";
import type { Grammar } from "./grammar.ts";
import { same, weightOf } from "./same.ts";

/** What is fuzzed: one decoder of the product, as its caller uses it. */
export interface DecoderSpec<T> {
  readonly name: string;
  /** How many executions of a whole run are its. */
  readonly executions: number;
  /** What valid inputs look like, drawn anew for each seed. */
  readonly grammars: readonly Grammar[];
  /** Inputs that a Java server or client made, or other whole ones. */
  readonly recorded?: readonly Uint8Array[];
  /** Makes checksums right again, so that a change is seen by what stands behind them. */
  readonly repair?: (bytes: Uint8Array) => void;
  /** Throws its room's error to refuse, or returns undefined. A stream's chunks are drawn from `random`. */
  readonly decode: (bytes: Uint8Array, random: Random) => T | undefined;
  readonly isRefusal?: (error: unknown) => boolean;
  /** The value, encoded and decoded once more; undefined for values that have no encoding of their own. */
  readonly again?: (value: T) => T | undefined;
  /** Bytes that may be asked for by number besides 16 for each byte of the input. */
  readonly extraBytes?: number;
  /** What a value of no bytes may weigh; 512 if not given. */
  readonly leastWeight?: number;
}

/** Of an execution that went well. */
export type Verdict = { readonly kind: "accepted" } | { readonly kind: "refused"; readonly why: string };

export interface Decoder extends Omit<DecoderSpec<unknown>, "decode" | "again" | "isRefusal"> {
  /** One execution. `Fault` when it broke a rule. */
  execute(bytes: Uint8Array, random: Random, meter: { bytes: number }): Verdict;
}

/** A rule that an execution broke: the decoder's fault, whatever the input was. */
export class Fault extends Error {
  override readonly name = "Fault";
}

export function decoder<T>(spec: DecoderSpec<T>): Decoder {
  const { decode, again, isRefusal = isDecodeError, extraBytes = 4096, leastWeight = 512, ...rest } = spec;
  return {
    ...rest,
    execute(bytes, random, meter) {
      const allowed = extraBytes + 16 * bytes.length;
      const outcome = attempt(() => decode(bytes, random), isRefusal, meter, allowed);
      if (outcome.kind === "refused") return outcome;
      const weight = weightOf(outcome.value);
      if (weight > leastWeight + WEIGHT_PER_BYTE * bytes.length) {
        throw new Fault(`a value of weight ${weight} of ${bytes.length} bytes`);
      }
      checkAgain(outcome.value, again);
      return ACCEPTED;
    },
  };
}

type Attempt<T> = { readonly kind: "accepted"; readonly value: T } | { readonly kind: "refused"; readonly why: string };

function attempt<T>(
  decode: () => T | undefined,
  isRefusal: (error: unknown) => boolean,
  meter: { bytes: number },
  allowed: number,
): Attempt<T> {
  meter.bytes = 0;
  let value: T | undefined;
  let why = "";
  try {
    value = decode();
  } catch (error) {
    if (error instanceof Fault) throw error;
    if (!isRefusal(error)) throw new Fault(`crash: ${describe(error)}`);
    why = error instanceof Error ? error.message : "";
  }
  if (meter.bytes > allowed) throw new Fault(`${meter.bytes} bytes asked for, ${allowed} are allowed`);
  return value === undefined ? { kind: "refused", why } : { kind: "accepted", value };
}

function checkAgain<T>(value: T, again: ((value: T) => T | undefined) | undefined): void {
  if (again === undefined) return;
  let repeated: T | undefined;
  try {
    repeated = again(value);
  } catch (error) {
    throw new Fault(`what was decoded cannot be encoded and decoded again: ${describe(error)}`);
  }
  if (repeated !== undefined && !same(value, repeated)) {
    throw new Fault(`decoded, encoded and decoded again: ${text(value)} became ${text(repeated)}`);
  }
}

function isDecodeError(error: unknown): boolean {
  return error instanceof DecodeError;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function text(value: unknown): string {
  return JSON.stringify(value, (_key, part) => (typeof part === "bigint" ? `${part}n` : part));
}

const ACCEPTED: Verdict = { kind: "accepted" };
/** A byte may be an item of a list, which has fields. */
const WEIGHT_PER_BYTE = 24;
