/**
 * The bytes are not what the declaration says. The message names what was read, at which offset, and what is allowed.
 * Whoever sent the bytes is at fault: the connection or the file they came from is lost, the process is not.
 */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}
