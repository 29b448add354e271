import { validatePath } from "../wire/paths.ts";
import { badArguments } from "./core/errors.ts";

/** Between the caller's paths and the server's: checks what is sent, puts the chroot in front and takes it away again. */
export class Chroot {
  /** "" or a path. */
  private readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** The server's path. `op` is the request's type; a sequential name is checked with a digit behind it. Throws BadArguments. */
  toServer(path: string, op: number, isSequential = false): string {
    if (typeof path !== "string" || !validatePath(isSequential ? `${path}1` : path)) {
      throw badArguments(`${complaint(path)} (allowed: /name/name)`, { op, path: String(path) });
    }
    return path === "/" && this.prefix !== "" ? this.prefix : this.prefix + path;
  }

  /** The caller's path; undefined when it lies outside the chroot. */
  fromServer(path: string): string | undefined {
    if (this.prefix === "") return path;
    if (path === this.prefix) return "/";
    return path.startsWith(`${this.prefix}/`) ? path.slice(this.prefix.length) : undefined;
  }
}

function complaint(path: unknown): string {
  if (typeof path !== "string") return `a path must be a string, not ${path === null ? "null" : typeof path}`;
  const quoted = JSON.stringify(path);
  if (path === "") return `${quoted} is empty`;
  if (!path.startsWith("/")) return `${quoted} does not start with "/"`;
  if (path.includes("//")) return `${quoted} has an empty name`;
  if (path.endsWith("/")) return `${quoted} ends with "/"`;
  if (/\/\.{1,2}(\/|$)/.test(path)) return `${quoted} has a name "." or ".."`;
  return `${quoted} holds a character that ZooKeeper does not allow`;
}
