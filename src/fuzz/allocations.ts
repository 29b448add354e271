/**
 * Counts the bytes that code asks for by number: `new Uint8Array(n)`, `new Array(n)`, `Array.from({ length: n })` and their like. It
 * stands in for the global constructors while `during` runs; what grows item by item is seen in the result instead.
 */
export class Allocations {
  /** Bytes asked for since it was last set to 0. */
  bytes = 0;

  during<T>(work: () => T): T {
    const originals = new Map(NAMES.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const));
    for (const [name, { original, itemBytes }] of Object.entries(COUNTED)) {
      const value = this.counting(original, itemBytes);
      Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
    }
    try {
      return work();
    } finally {
      for (const [name, before] of originals) if (before) Object.defineProperty(globalThis, name, before);
    }
  }

  private counting(original: Constructor, itemBytes: number): Constructor {
    const counting: Constructor = new Proxy(original, {
      construct: (target, given: readonly unknown[], newTarget) => {
        this.count(given, itemBytes);
        return Reflect.construct(target, given, newTarget === counting ? target : newTarget);
      },
      apply: (target, self, given: readonly unknown[]) => {
        this.count(given, itemBytes);
        return Reflect.apply(target, self, given);
      },
    });
    return counting;
  }

  private count(given: readonly unknown[], itemBytes: number): void {
    const length = given[0];
    if (given.length === 1 && typeof length === "number") this.bytes += length * itemBytes;
  }
}

type Constructor = typeof Uint8Array | typeof Uint16Array | typeof Int32Array | typeof ArrayBuffer | typeof Array;

const COUNTED: Readonly<Record<string, { readonly original: Constructor; readonly itemBytes: number }>> = {
  Uint8Array: { original: Uint8Array, itemBytes: 1 },
  Uint16Array: { original: Uint16Array, itemBytes: 2 },
  Int32Array: { original: Int32Array, itemBytes: 4 },
  ArrayBuffer: { original: ArrayBuffer, itemBytes: 1 },
  Array: { original: Array, itemBytes: 8 },
};
const NAMES = Object.keys(COUNTED);
