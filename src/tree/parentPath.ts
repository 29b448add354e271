import { NO_NODE, type NodeRef } from "./nodeTable.ts";
import { SLASH } from "./paths.ts";

/** The path of the node whose children are dealt with just now, one after the other. It stands for as long as the node does. */
export class ParentPath {
  /** NO_NODE: of none. */
  of: NodeRef = NO_NODE;
  /** The path and a slash are the first `length` bytes; a path without its slash is one shorter. */
  bytes = new Uint8Array(1024);
  length = 0;

  /** The path of `ref` is bytes[start, end); the root's is empty. */
  set(ref: NodeRef, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length >= this.bytes.length) this.bytes = new Uint8Array(2 * (length + 1));
    for (let i = 0; i < length; i++) this.bytes[i] = bytes[start + i] as number;
    this.bytes[length] = SLASH;
    this.length = length + 1;
    this.of = ref;
  }

  /** The node is gone. */
  forget(ref: NodeRef): void {
    if (ref === this.of) this.of = NO_NODE;
  }

  /** Whether bytes[start, end) is the path. */
  is(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.of === NO_NODE || end - start !== this.length - 1) return false;
    // Like paths differ at their ends.
    for (let i = end - start - 1; i >= 0; i--) if (this.bytes[i] !== bytes[start + i]) return false;
    return true;
  }
}
