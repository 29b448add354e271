import type { LookAhead } from "../tree/lookAhead.ts";
import { Op } from "../wire/client/numbers.ts";
import { REQUEST_HEADER_BYTES } from "../wire/client/shared.ts";
import { type Frames, intAt } from "../wire/frames.ts";

/**
 * Looks at the requests that arrived together, before the first of them is carried out, and tells the tree which paths they
 * name. Nothing depends on it but the time that they take.
 */
export class UpcomingPaths {
  private readonly tree: LooksAhead;
  /** What was looked at last: bytes before `until`. */
  private bytes: Uint8Array = NOTHING;
  private until = 0;

  constructor(tree: LooksAhead) {
    this.tree = tree;
  }

  /** The frame at hand is about to be carried out. */
  see(frames: Frames): void {
    if (frames.pending < LEAST_BYTES || !this.tree.exceedsCache) return;
    if (frames.bytes === this.bytes && frames.start < this.until) return;
    this.bytes = frames.bytes;
    this.until = this.expect(frames.bytes, frames.start - LENGTH_BYTES, frames.end + frames.pending);
    this.tree.lookAhead.fetch();
  }

  /** Takes up frames from `at` on, for as long as they are whole and there is room; where the next one begins. */
  private expect(bytes: Uint8Array, first: number, stop: number): number {
    const { lookAhead } = this.tree;
    let at = first;
    lookAhead.begin(bytes);
    while (at + PATH_AT <= stop && !lookAhead.isFull) {
      const next = at + LENGTH_BYTES + intAt(bytes, at);
      if (next <= at || next > stop) break;
      const end = at + PATH_AT + intAt(bytes, at + PATH_AT - LENGTH_BYTES);
      if (readsNode(intAt(bytes, at + OP_AT)) && end > at + PATH_AT && end <= next) {
        lookAhead.expect(at + PATH_AT, end);
      }
      at = next;
    }
    return at;
  }
}

/** What is asked of the tree. */
export interface LooksAhead {
  readonly exceedsCache: boolean;
  readonly lookAhead: Pick<LookAhead, "begin" | "isFull" | "expect" | "fetch">;
}

/** The reads of one node. A write does so much besides that looking ahead for it gained nothing. */
function readsNode(op: number): boolean {
  switch (op) {
    case Op.getData:
    case Op.exists:
    case Op.getChildren:
    case Op.getChildren2:
    case Op.getACL:
      return true;
    default:
      return false;
  }
}

const NOTHING = new Uint8Array(0);
/** A frame: length, xid, op, length of the path, the path. */
const LENGTH_BYTES = 4;
const OP_AT = 8;
const PATH_AT = LENGTH_BYTES + REQUEST_HEADER_BYTES + LENGTH_BYTES;
/** Of three or four requests behind the one at hand: too few have nothing to wait for together. */
const LEAST_BYTES = 100;
