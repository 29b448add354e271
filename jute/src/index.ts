export { DecodeError } from "./errors.ts";
export {
  type FixedField,
  type FixedFields,
  type FixedLayout,
  type FixedValue,
  fixed,
  fixedByte,
  fixedInt,
  fixedLong,
} from "./fixed.ts";
export { DEFAULT_MAX_LENGTH, Reader } from "./reader.ts";
export { compile, interpreted, record } from "./record.ts";
export {
  bool,
  buffer,
  byte,
  double,
  type Fields,
  float,
  type Infer,
  int,
  long,
  optional,
  type RecordType,
  type RecordValue,
  type Type,
  ustring,
  vector,
} from "./types.ts";
export { Writer } from "./writer.ts";
