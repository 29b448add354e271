import { validatePath } from "../../wire/paths.ts";
import { badArguments } from "./errors.ts";

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** What a connect string names. `chroot` is "" or a path. */
export interface ConnectString {
  readonly servers: readonly ServerAddress[];
  readonly chroot: string;
}

/** Reads `host[:port],host[:port]...[/chroot]`; an IPv6 address stands in brackets. Throws BadArguments. */
export function parseConnectString(text: string): ConnectString {
  const slash = text.indexOf("/");
  const hosts = slash < 0 ? text : text.slice(0, slash);
  const chroot = slash < 0 ? "/" : text.slice(slash);
  if (!validatePath(chroot)) throw wrong(text, `${JSON.stringify(chroot)} is no path`);
  const servers = hosts.split(",").map((part) => serverOf(text, part.trim()));
  return { servers, chroot: chroot === "/" ? "" : chroot };
}

export function addressText({ host, port }: ServerAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function serverOf(text: string, part: string): ServerAddress {
  const [, bracketed, plain, digits] = SERVER.exec(part) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  if (host === undefined || port < 1 || port > 65535) throw wrong(text, `${JSON.stringify(part)} is no server`);
  return { host, port };
}

function wrong(text: string, what: string): Error {
  return badArguments(`connect string ${JSON.stringify(text)}: ${what} (allowed: host:port,host:port/chroot)`);
}

const SERVER = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/;
const DEFAULT_PORT = 2181;
