import { bool, buffer, type Infer, int, long, optional, record } from "jute-ts";

/** The handshake (client-protocol 1.6). The response carries `readOnly` if and only if the request did. */
export const ConnectRequest = record("ConnectRequest", {
  protocolVersion: int,
  lastZxidSeen: long,
  timeOut: int,
  sessionId: long,
  passwd: buffer,
  readOnly: optional(bool),
});
export type ConnectRequest = Infer<typeof ConnectRequest>;

export const ConnectResponse = record("ConnectResponse", {
  protocolVersion: int,
  timeOut: int,
  sessionId: long,
  passwd: buffer,
  readOnly: optional(bool),
});
export type ConnectResponse = Infer<typeof ConnectResponse>;
