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
