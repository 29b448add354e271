/**
 * The files do not allow to go on, and nothing was touched. The message is one line for the operator: the file, the offset
 * where there is one, what was found and what can be done. `exitCode` is what Java's server exits with (on-disk-formats 1, 13).
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
