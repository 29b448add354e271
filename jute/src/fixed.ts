import { Layout, s8, s32be, struct } from "buffer-layout";
import { DecodeError } from "./errors.ts";

/** A field of a fixed layout. `value` never exists; it only carries T to the type checker. */
export interface FixedField<T> {
  readonly kind: "byte" | "int" | "long";
  readonly value?: () => T;
}

export type FixedFields = { readonly [field: string]: FixedField<unknown> };

export type FixedValue<F extends FixedFields> = {
  readonly [K in keyof F]: F[K] extends FixedField<infer T> ? T : never;
};

/** A header of `size` bytes whose fields always lie at the same places, such as those that open files. */
export interface FixedLayout<T> {
  readonly name: string;
  readonly size: number;
  readonly value?: () => T;
  /** DecodeError when fewer than `size` bytes lie at `offset`. */
  read(bytes: Uint8Array, offset?: number): T;
  /** RangeError when fewer than `size` bytes lie at `offset` or a number is too large for its field. */
  write(bytes: Uint8Array, offset: number, value: T): void;
}

/** One signed byte. */
export const fixedByte: FixedField<number> = { kind: "byte" };
/** 32 bits, signed, big-endian. */
export const fixedInt: FixedField<number> = { kind: "int" };
/** 64 bits, signed, big-endian, exact. */
export const fixedLong: FixedField<bigint> = { kind: "long" };

/** Declares a fixed layout: the order of the keys is the order of the bytes, without padding. */
export function fixed<F extends FixedFields>(name: string, fields: F): FixedLayout<FixedValue<F>> {
  const layout = struct(Object.entries(fields).map(([field, type]) => LAYOUT[type.kind](field)));
  const size = layout.span;
  const read = (bytes: Uint8Array, offset = 0): FixedValue<F> => {
    if (offset + size > bytes.length) throw tooShort(name, offset, size, bytes.length);
    return { ...layout.decode(asBuffer(bytes), offset) } as FixedValue<F>;
  };
  const write = (bytes: Uint8Array, offset: number, value: FixedValue<F>): void => {
    if (offset + size > bytes.length) throw new RangeError(`${name}: no room for ${size} bytes at offset ${offset}`);
    layout.encode(value, asBuffer(bytes), offset);
  };
  return { name, size, read, write };
}

/** A 64-bit integer without loss: buffer-layout's own ns64be goes through doubles and drops bits above 2^53. */
class LongLayout extends Layout<bigint> {
  constructor(property: string) {
    super(8, property);
  }

  override decode(bytes: Buffer, offset = 0): bigint {
    return viewOf(bytes).getBigInt64(offset);
  }

  override encode(value: bigint, bytes: Buffer, offset = 0): number {
    viewOf(bytes).setBigInt64(offset, value);
    return 8;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function tooShort(name: string, offset: number, size: number, length: number): DecodeError {
  const remain = Math.max(0, length - offset);
  return new DecodeError(`${name} at offset ${offset}: needs ${size} bytes, ${remain} remain`);
}

const LAYOUT: { readonly [K in FixedField<unknown>["kind"]]: (property: string) => Layout<unknown> } = {
  byte: s8,
  int: s32be,
  long: (property) => new LongLayout(property),
};
