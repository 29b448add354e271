import type { Writer } from "jute-ts";
import { NO_NODE, type NodeRef, ROOT } from "./nodeTable.ts";
import { writeStatPersisted } from "./stats.ts";
import type { TreeState } from "./treeState.ts";

/**
 * A walk over all nodes that writes them as a snapshot holds them, while transactions go on being applied.
 *
 * What it writes is a valid fuzzy snapshot named by the zxid at the start (on-disk-formats 4.8):
 * - a node created after the start is left out, with all below it; replay creates it;
 * - a node removed meanwhile is left out; its record in the log finds nothing and raises the parent's pzxid;
 * - data and numbers are the current ones; replay assigns absolute values;
 * - a node whose ACL was replaced since keeps the key it had at the start, which the table written before the nodes lists:
 *   no key dangles (W9) and nobody gains access, not even if the replay stopped early.
 *
 * The walk is parents first and remembers one node, the next one; when that node is about to leave it moves on. New children
 * are linked in before their siblings, so no parent is met after its child.
 */
export class NodeScan {
  private readonly state: TreeState;
  private readonly startHigh: number;
  private readonly startLow: number;
  private readonly keysAtStart = new Map<NodeRef, bigint>();
  private next: NodeRef = ROOT;

  constructor(state: TreeState, startHigh: number, startLow: number) {
    this.state = state;
    this.startHigh = startHigh;
    this.startLow = startLow;
  }

  /** Writes about `sliceBytes`; false when no node is left. */
  writeSlice(out: Writer, sliceBytes: number): boolean {
    const full = out.length + sliceBytes;
    while (this.next !== NO_NODE && out.length < full) this.writeNext(out);
    return this.next !== NO_NODE;
  }

  /** A node's ACL is about to be replaced; `key` is the one it has. */
  aclReplaced(ref: NodeRef, key: bigint): void {
    if (!this.keysAtStart.has(ref)) this.keysAtStart.set(ref, key);
  }

  /** A node without children is about to leave the tree. */
  nodeLeaves(ref: NodeRef): void {
    // The reference may be given to another node, which has come after the start and is left out.
    this.keysAtStart.delete(ref);
    if (ref === this.next) this.next = this.state.znodes.afterSubtree(ref, ROOT);
  }

  private writeNext(out: Writer): void {
    const { znodes, table, acls } = this.state;
    const ref = this.next;
    if (table.isCreatedAfter(ref, this.startHigh, this.startLow)) {
      this.next = znodes.afterSubtree(ref, ROOT);
      return;
    }
    znodes.writePath(ref, out);
    znodes.writeData(ref, out);
    out.long(this.keysAtStart.get(ref) ?? acls.key(table.acl(ref)));
    writeStatPersisted(table, ref, out);
    this.next = znodes.successor(ref, ROOT);
  }
}
