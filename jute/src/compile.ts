import { DecodeError } from "./errors.ts";
import { readValue } from "./interpret.ts";
import type { Reader } from "./reader.ts";
import type { Scalar, Type } from "./types.ts";
import type { Writer } from "./writer.ts";

/**
 * Generates a straight-line reader. Neighbouring fields of fixed size share one bounds check. Whatever goes wrong,
 * the interpreter reads the same bytes again and its error is the one that is thrown.
 */
export function compileRead(type: Type): (reader: Reader) => unknown {
  const source = new ReadSource();
  const value = source.valueOf(type);
  source.flush();
  const body = `
const start = reader.offset;
const { view, base } = reader;
try {
${source.lines.join("\n")}
return ${value};
} catch (error) {
return readAgain(reader, start, error);
}`;
  const readAgain = (reader: Reader, start: number, error: unknown): unknown => {
    if (!(error instanceof DecodeError)) throw error;
    reader.offset = start;
    return readValue(type, reader);
  };
  return generate("reader", body, { readAgain, tooShort }) as (reader: Reader) => unknown;
}

/** Generates a straight-line writer. Neighbouring fields of fixed size share one reservation. */
export function compileWrite(type: Type): (writer: Writer, value: unknown) => void {
  const source = new WriteSource();
  source.value(type, "value");
  source.flush();
  const body = `let at = 0;\nlet view = writer.view;\n${source.lines.join("\n")}`;
  return generate("writer, value", body, {}) as (writer: Writer, value: unknown) => void;
}

/** The statements of a reader. Scalars of fixed size wait in a run until something of variable size needs a place. */
class ReadSource {
  readonly lines: string[] = [];
  private run: { readonly variable: string; readonly kind: FixedScalar; readonly at: number }[] = [];
  private runSize = 0;
  private variables = 0;

  /** Emits what reads a value; the expression returned holds it once the run is flushed. */
  valueOf(type: Type): string {
    switch (type.kind) {
      case "record":
        return `{ ${Object.entries(type.fields)
          .map(([field, fieldType]) => `${field}: ${this.valueOf(fieldType)}`)
          .join(", ")} }`;
      case "vector":
        return this.vector(type.item);
      case "optional":
        return this.optional(type.type);
      case "ustring":
      case "buffer":
        return this.variableSized(type.kind);
      default:
        return this.fixedSized(type.kind);
    }
  }

  /** Emits one bounds check and the loads of the run. */
  flush(): void {
    if (this.runSize === 0) return;
    const at = this.variable();
    this.lines.push(`if (reader.end - reader.offset < ${this.runSize}) throw tooShort;`);
    this.lines.push(`const ${at} = base + reader.offset;`, `reader.offset += ${this.runSize};`);
    for (const load of this.run) this.lines.push(`const ${load.variable} = ${LOAD[load.kind](`${at} + ${load.at}`)};`);
    this.run = [];
    this.runSize = 0;
  }

  private fixedSized(kind: FixedScalar): string {
    const variable = this.variable();
    this.run.push({ variable, kind, at: this.runSize });
    this.runSize += SIZE[kind];
    return variable;
  }

  private variableSized(kind: "ustring" | "buffer"): string {
    this.flush();
    const variable = this.variable();
    this.lines.push(`const ${variable} = reader.${kind}();`);
    return variable;
  }

  private vector(item: Type): string {
    this.flush();
    const [items, count, index] = [this.variable(), this.variable(), this.variable()];
    this.lines.push(`const ${count} = reader.count(${item.minimumSize});`);
    this.lines.push(`const ${items} = ${count} < 0 ? null : [];`);
    this.lines.push(`for (let ${index} = 0; ${index} < ${count}; ${index}++) {`);
    this.pushFlushed(item, (value) => `${items}.push(${value});`);
    this.lines.push("}");
    return items;
  }

  private optional(type: Type): string {
    this.flush();
    const variable = this.variable();
    this.lines.push(`let ${variable};`, "if (reader.offset < reader.end) {");
    this.pushFlushed(type, (value) => `${variable} = ${value};`);
    this.lines.push("}");
    return variable;
  }

  private pushFlushed(type: Type, statement: (value: string) => string): void {
    const value = this.valueOf(type);
    this.flush();
    this.lines.push(statement(value));
  }

  private variable(): string {
    return `v${this.variables++}`;
  }
}

/** The statements of a writer, with runs as in the reader. */
class WriteSource {
  readonly lines: string[] = [];
  private run: { readonly expression: string; readonly kind: FixedScalar; readonly at: number }[] = [];
  private runSize = 0;
  private variables = 0;

  /** Emits what writes the value that `expression` yields. */
  value(type: Type, expression: string): void {
    switch (type.kind) {
      case "record":
        this.record(Object.entries(type.fields), expression);
        break;
      case "vector":
        this.vector(type.item, expression);
        break;
      case "optional":
        this.optional(type.type, expression);
        break;
      case "ustring":
      case "buffer":
        this.flush();
        this.lines.push(`writer.${type.kind}(${expression});`);
        break;
      default:
        this.run.push({ expression, kind: type.kind, at: this.runSize });
        this.runSize += SIZE[type.kind];
    }
  }

  /** Emits one reservation and the stores of the run. */
  flush(): void {
    if (this.runSize === 0) return;
    this.lines.push(`at = writer.reserve(${this.runSize});`, "view = writer.view;");
    for (const store of this.run) this.lines.push(`${STORE[store.kind](`at + ${store.at}`, store.expression)};`);
    this.run = [];
    this.runSize = 0;
  }

  private record(fields: readonly (readonly [string, Type])[], expression: string): void {
    const variable = this.variable();
    this.lines.push(`const ${variable} = ${expression};`);
    for (const [field, type] of fields) this.value(type, `${variable}.${field}`);
  }

  private vector(item: Type, expression: string): void {
    this.flush();
    const [items, index] = [this.variable(), this.variable()];
    this.lines.push(`const ${items} = ${expression};`, `writer.count(${items} === null ? -1 : ${items}.length);`);
    this.lines.push(`if (${items} !== null) for (let ${index} = 0; ${index} < ${items}.length; ${index}++) {`);
    this.value(item, `${items}[${index}]`);
    this.flush();
    this.lines.push("}");
  }

  private optional(type: Type, expression: string): void {
    this.flush();
    this.lines.push(`if (${expression} !== undefined) {`);
    this.value(type, expression);
    this.flush();
    this.lines.push("}");
  }

  private variable(): string {
    return `v${this.variables++}`;
  }
}

/** Builds the function; field names were checked to be plain identifiers, nothing else of the source is foreign. */
function generate(parameters: string, body: string, scope: { readonly [name: string]: unknown }): unknown {
  const source = `"use strict";\nreturn function (${parameters}) {\n${body}\n};`;
  return new Function(...Object.keys(scope), source)(...Object.values(scope));
}

/** Only a signal: the interpreter's error takes its place. */
const tooShort = new DecodeError("too short");

type FixedScalar = Exclude<Scalar, "ustring" | "buffer">;

const SIZE: { readonly [K in FixedScalar]: number } = { byte: 1, bool: 1, int: 4, long: 8, float: 4, double: 8 };

const LOAD: { readonly [K in FixedScalar]: (at: string) => string } = {
  byte: (at) => `view.getInt8(${at})`,
  bool: (at) => `view.getUint8(${at}) !== 0`,
  int: (at) => `view.getInt32(${at})`,
  long: (at) => `view.getBigInt64(${at})`,
  float: (at) => `view.getFloat32(${at})`,
  double: (at) => `view.getFloat64(${at})`,
};

const STORE: { readonly [K in FixedScalar]: (at: string, value: string) => string } = {
  byte: (at, value) => `view.setInt8(${at}, ${value})`,
  bool: (at, value) => `view.setUint8(${at}, ${value} ? 1 : 0)`,
  int: (at, value) => `view.setInt32(${at}, ${value})`,
  long: (at, value) => `view.setBigInt64(${at}, ${value})`,
  float: (at, value) => `view.setFloat32(${at}, ${value})`,
  double: (at, value) => `view.setFloat64(${at}, ${value})`,
};
