import { compileRead, compileWrite } from "./compile.ts";
import { readValue, writeValue } from "./interpret.ts";
import { Reader } from "./reader.ts";
import { type Fields, isOpenEnded, type RecordType, type RecordValue } from "./types.ts";
import { Writer } from "./writer.ts";

/**
 * Declares a record: the order of the keys is the order of the bytes. Its functions are compiled at once.
 * TypeError when a key is no plain name or when an optional field is not the last.
 */
export function record<F extends Fields>(name: string, fields: F): RecordType<RecordValue<F>> {
  checkFields(name, fields);
  const minimumSize = Object.values(fields).reduce((sum, type) => sum + type.minimumSize, 0);
  return compile({ kind: "record", name, fields, minimumSize });
}

/** The same record with straight-line functions generated from its declaration. */
export function compile<T>(declaration: Declaration<T>): RecordType<T> {
  return new Codec(declaration, compileRead(declaration) as Read<T>, compileWrite(declaration) as Write<T>);
}

/** The same record read and written by walking its declaration: slower, and the definition of the compiled form. */
export function interpreted<T>(declaration: Declaration<T>): RecordType<T> {
  const read = (reader: Reader): T => readValue(declaration, reader) as T;
  const write = (writer: Writer, value: T): void => writeValue(declaration, writer, value);
  return new Codec(declaration, read, write);
}

type Declaration<T> = Omit<RecordType<T>, "read" | "write" | "decode" | "encode">;
type Read<T> = (reader: Reader) => T;
type Write<T> = (writer: Writer, value: T) => void;

class Codec<T> implements RecordType<T> {
  readonly kind = "record";
  readonly name: string;
  readonly fields: Fields;
  readonly minimumSize: number;
  readonly read: Read<T>;
  readonly write: Write<T>;

  constructor(declaration: Declaration<T>, read: Read<T>, write: Write<T>) {
    this.name = declaration.name;
    this.fields = declaration.fields;
    this.minimumSize = declaration.minimumSize;
    this.read = read;
    this.write = write;
  }

  decode(bytes: Uint8Array): T {
    return this.read(new Reader(bytes));
  }

  encode(value: T): Uint8Array {
    const writer = new Writer(ENCODE_CAPACITY);
    this.write(writer, value);
    return writer.toBytes();
  }
}

function checkFields(name: string, fields: Fields): void {
  const entries = Object.entries(fields);
  entries.forEach(([field, type], i) => {
    if (!NAME.test(field)) throw new TypeError(`${name}: ${JSON.stringify(field)} cannot name a field`);
    if (isOpenEnded(type) && i < entries.length - 1)
      throw new TypeError(`${name}.${field}: only the last may be optional`);
  });
}

/** Names that stay in declared order and mean nothing to JavaScript. */
const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
const ENCODE_CAPACITY = 256;
