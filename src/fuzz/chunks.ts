import type { Random } from "../sim/random.ts";
import { Fault } from "./decoder.ts";
import { same } from "./same.ts";

/** What a stream's decoder makes of the bytes, whole and in chunks as a network hands them over: the same, or it is a `Fault`. */
export function agreed<T>(bytes: Uint8Array, random: Random, decode: (chunks: readonly Uint8Array[]) => T): T {
  const whole = outcomeOf(() => decode([bytes]));
  if (random.chance(0.3)) {
    const cut = outcomeOf(() => decode(chunksOf(bytes, random)));
    if (whole.kind !== cut.kind) throw new Fault(`${whole.kind} whole, ${cut.kind} in chunks`);
    if (whole.kind === "value" && cut.kind === "value" && !same(whole.value, cut.value))
      throw new Fault("one value whole, another in chunks");
  }
  if (whole.kind === "error") throw whole.error;
  return whole.value;
}

type Outcome<T> = { readonly kind: "value"; readonly value: T } | { readonly kind: "error"; readonly error: unknown };

function outcomeOf<T>(decode: () => T): Outcome<T> {
  try {
    return { kind: "value", value: decode() };
  } catch (error) {
    return { kind: "error", error };
  }
}

function chunksOf(bytes: Uint8Array, random: Random): readonly Uint8Array[] {
  const most = random.pick([1, 3, 13, 64, 500]);
  const chunks: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && chunks.length < MOST_CHUNKS) {
    const length = 1 + random.below(most);
    // A network hands over memory of its own each time.
    chunks.push(bytes.slice(at, at + length));
    at += length;
  }
  return at < bytes.length ? [...chunks, bytes.slice(at)] : chunks;
}

const MOST_CHUNKS = 50;
