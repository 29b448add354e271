/** A broken invariant. Nothing catches it: the process exits and the ensemble heals (house law 5). */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new InvariantError(invariant);
}

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${String(value)}`);
}

/** The value of something that an invariant says is there. */
export function present<T>(value: T | undefined | null, invariant: string): T {
  if (value === undefined || value === null) throw new InvariantError(invariant);
  return value;
}
