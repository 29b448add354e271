import { compileRead, compileWrite } from "./compile.ts";
import { readValue, writeValue } from "./interpret.ts";
import { Reader } from "./reader.ts";
import { type Fields, isOpenEnded, type RecordType, type RecordValue } from "./types.ts";
import { Writer } from "./writer.ts";

/** Declares a record: the order of the keys is the order of the bytes. Its functions are compiled at once. */
export function record<F extends Fields>(name: string, fields: F): RecordType<RecordValue<F>> {
  checkFields(name, fields);
  return compile(new Bound<RecordValue<F>>(name, fields, refuse, refuse));
}

/** The same record with straight-line functions generated from its declaration. */
export function compile<T>(type: RecordType<T>): RecordType<T> {
  return new Bound(type.name, type.fields, compileRead(type) as Read<T>, compileWrite(type) as Write<T>);
}

/** The same record read and written by walking its declaration: slower, and the definition of the compiled form. */
export function interpreted<T>(type: RecordType<T>): RecordType<T> {
  const read = (reader: Reader): T => readValue(type, reader) as T;
  const write = (writer: Writer, value: T): void => writeValue(type, writer, value);
  return new Bound(type.name, type.fields, read, write);
}

type Read<T> = (reader: Reader) => T;
type Write<T> = (writer: Writer, value: T) => void;

class Bound<T> implements RecordType<T> {
  readonly kind = "record";
  readonly name: string;
  readonly fields: Fields;
  readonly minimumSize: number;
  readonly read: Read<T>;
  readonly write: Write<T>;

  constructor(name: string, fields: Fields, read: Read<T>, write: Write<T>) {
    this.name = name;
    this.fields = fields;
    this.minimumSize = Object.values(fields).reduce((sum, type) => sum + type.minimumSize, 0);
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

function refuse(): never {
  throw new TypeError("a declaration that is not compiled yet");
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
