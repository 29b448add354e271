import { DecodeError } from "./errors.ts";
import type { Reader } from "./reader.ts";
import type { Type } from "./types.ts";
import type { Writer } from "./writer.ts";

/** Reads a value by walking its declaration: the definition of what the bytes mean and of every error. */
export function readValue(type: Type, reader: Reader): unknown {
  switch (type.kind) {
    case "vector":
      return readVector(type.item, reader);
    case "record":
      return readRecord(type, reader);
    case "optional":
      return reader.remaining === 0 ? undefined : readValue(type.type, reader);
    default:
      return reader[type.kind]();
  }
}

/** Writes a value by walking its declaration. */
export function writeValue(type: Type, writer: Writer, value: unknown): void {
  switch (type.kind) {
    case "vector":
      writeVector(type.item, writer, value as readonly unknown[] | null);
      break;
    case "record":
      writeRecord(type, writer, value as Named);
      break;
    case "optional":
      if (value !== undefined) writeValue(type.type, writer, value);
      break;
    default:
      (writer[type.kind] as (this: Writer, value: unknown) => void).call(writer, value);
  }
}

function readVector(item: Type, reader: Reader): readonly unknown[] | null {
  const count = reader.count(item.minimumSize);
  if (count < 0) return null;
  const items: unknown[] = [];
  for (let i = 0; i < count; i++) items.push(readValue(item, reader));
  return items;
}

function writeVector(item: Type, writer: Writer, items: readonly unknown[] | null): void {
  writer.count(items === null ? -1 : items.length);
  if (items !== null) for (const value of items) writeValue(item, writer, value);
}

function readRecord(type: RecordShape, reader: Reader): Named {
  const record: { [field: string]: unknown } = {};
  for (const [field, fieldType] of Object.entries(type.fields)) {
    try {
      record[field] = readValue(fieldType, reader);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw new DecodeError(`${type.name}.${field}: ${error.message}`);
    }
  }
  return record;
}

function writeRecord(type: RecordShape, writer: Writer, record: Named): void {
  for (const [field, fieldType] of Object.entries(type.fields)) writeValue(fieldType, writer, record[field]);
}

type RecordShape = Extract<Type, { readonly kind: "record" }>;
type Named = { readonly [field: string]: unknown };
