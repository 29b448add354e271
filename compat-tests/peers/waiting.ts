/**
 * Asks `probe` again and again until it gives something else than undefined. Rejects after `timeoutMs` with `what` it waited for;
 * `onTimeout` may add a word about why (a log's end).
 */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  probe: () => Promise<T | undefined> | T | undefined,
  onTimeout: () => string = () => "",
): Promise<T> {
  const start = performance.now();
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() - start > timeoutMs) throw new Error(`waited ${timeoutMs} ms for ${what}\n${onTimeout()}`);
    await pause(50);
  }
}

/** Between two looks at another process; never a stand-in for something that could be looked at. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
