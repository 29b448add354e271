/**
 * What a server did, for logs, metrics and the simulator's coverage marks. Pure rooms emit these; an adapter in the world
 * turns each into a log line. Values are printable: zxids and session ids come as hex text.
 */
export interface ServerEvent {
  readonly level: "debug" | "info" | "warn" | "error";
  /** A stable name, `room.what`. */
  readonly name: string;
  readonly message: string;
}

export function event(level: ServerEvent["level"], name: string, message: string): ServerEvent {
  return { level, name, message };
}

/** Printable form of a machine's event: bigints as hex. */
export function describe(value: object): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    typeof field === "bigint" ? `0x${BigInt.asUintN(64, field).toString(16)}` : field,
  );
}
