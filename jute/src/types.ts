import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/**
 * A field's type: plain data that says how a T lies in the bytes.
 * `minimumSize` is the fewest bytes a value takes. `value` never exists; it only carries T to the type checker.
 */
export type Type<T = unknown> = Shape & { readonly minimumSize: number; readonly value?: () => T };

/** The JavaScript value of a field type or a record type. */
export type Infer<T> = T extends { readonly value?: () => infer V } ? V : never;

export type Scalar = "byte" | "bool" | "int" | "long" | "float" | "double" | "ustring" | "buffer";

export type Shape =
  | { readonly kind: Scalar }
  | { readonly kind: "vector"; readonly item: Type }
  | { readonly kind: "optional"; readonly type: Type }
  | { readonly kind: "record"; readonly name: string; readonly fields: Fields };

/** A record's fields in wire order. */
export type Fields = { readonly [field: string]: Type };

export type RecordValue<F extends Fields> = { readonly [K in keyof F]: Infer<F[K]> };

/** A record: its fields in declared order, without tag, length or padding. */
export interface RecordType<T> {
  readonly kind: "record";
  readonly name: string;
  readonly fields: Fields;
  readonly minimumSize: number;
  readonly value?: () => T;
  /** Reads one record where the reader stands. DecodeError names the record and the field. */
  read(reader: Reader): T;
  /** Appends one record. */
  write(writer: Writer, value: T): void;
  /** Reads one record from the beginning of `bytes`; bytes after it are ignored, as in Java. */
  decode(bytes: Uint8Array): T;
  encode(value: T): Uint8Array;
}

export const byte: Type<number> = { kind: "byte", minimumSize: 1 };
export const bool: Type<boolean> = { kind: "bool", minimumSize: 1 };
export const int: Type<number> = { kind: "int", minimumSize: 4 };
export const long: Type<bigint> = { kind: "long", minimumSize: 8 };
export const float: Type<number> = { kind: "float", minimumSize: 4 };
export const double: Type<number> = { kind: "double", minimumSize: 8 };
export const ustring: Type<string | null> = { kind: "ustring", minimumSize: 4 };
export const buffer: Type<Uint8Array | null> = { kind: "buffer", minimumSize: 4 };

/** A count and so many items, or null. An item takes at least one byte, else a count could promise without end. */
export function vector<T>(item: Type<T>): Type<readonly T[] | null> {
  if (item.minimumSize === 0 || isOpenEnded(item))
    throw new TypeError("the items of a vector need a size of their own");
  return { kind: "vector", item, minimumSize: 4 };
}

/** The last field of a record, undefined when the bytes end before it. It is not written when undefined. */
export function optional<T>(type: Type<T>): Type<T | undefined> {
  if (isOpenEnded(type)) throw new TypeError("an optional field cannot hold another");
  return { kind: "optional", type, minimumSize: 0 };
}

/** Whether a value may end early, so that nothing can follow it. */
export function isOpenEnded(type: Type): boolean {
  if (type.kind === "optional") return true;
  if (type.kind !== "record") return false;
  const last = Object.values(type.fields).at(-1);
  return last !== undefined && isOpenEnded(last);
}
