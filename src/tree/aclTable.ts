import { present } from "../base/assert.ts";
import { longOf } from "../base/long.ts";
import { Perms } from "../wire/client/numbers.ts";
import type { ACL } from "../wire/client/shared.ts";

/**
 * Access control lists, each stored once and counted by the nodes that use it (on-disk-formats 4.3).
 *
 * Nodes hold small numbers of this table (OPEN or a slot); files hold 64-bit keys that are never given out twice. A null list
 * is OPEN, whose key -1 is not listed; an explicit world:anyone:31 gets a key like any other.
 */
export class AclTable {
  private readonly slots: (Slot | undefined)[] = [undefined];
  private readonly vacant: number[] = [];
  private readonly byText = new Map<string, number>();
  private readonly byKey = new Map<bigint, number>();
  private lastKey = 0n;
  private lastUsed = OPEN;
  /** The key that a file named last, and the number that it has; OPEN: none. */
  private lastHigh = 0;
  private lastLow = 0;
  private lastLoaded = OPEN;

  /** The number of a list, counted once more. */
  use(acl: readonly ACL[] | null): number {
    if (acl === null) return OPEN;
    const last = this.slots[this.lastUsed];
    const id = last !== undefined && isSame(last.acl, acl) && !last.isDangling ? this.lastUsed : this.intern(acl);
    this.lastUsed = id;
    this.slot(id).uses++;
    return id;
  }

  release(id: number): void {
    if (id === OPEN) return;
    const slot = this.slot(id);
    slot.uses--;
    if (slot.uses === 0) this.drop(id, slot);
  }

  /** Shared and frozen. */
  list(id: number): readonly ACL[] {
    return id === OPEN ? OPEN_ACL : this.slot(id).acl;
  }

  key(id: number): bigint {
    return id === OPEN ? OPEN_KEY : this.slot(id).key;
  }

  /** The entries that nodes use now, with the keys that files name them by. */
  entries(): readonly AclEntry[] {
    const entries: AclEntry[] = [];
    for (const slot of this.slots) if (slot !== undefined) entries.push({ key: slot.key, acl: slot.acl });
    return entries;
  }

  /** An entry of a file; a null list counts as open. */
  load(key: bigint, acl: readonly ACL[] | null): void {
    if (key === OPEN_KEY || this.byKey.has(key)) return;
    const id = this.add(key, acl ?? OPEN_ACL, false);
    this.byText.set(textOf(this.list(id)), id);
  }

  /**
   * The number of a file's key, given as two int32, counted once more. A key that the file did not list denies everything until a later
   * transaction replaces it: a fuzzy snapshot of Java's may hold one (ZOOKEEPER-3306, on-disk-formats R7).
   */
  useKey(high: number, low: number): number {
    if (high === -1 && low === -1) return OPEN;
    if (this.lastLoaded === OPEN || high !== this.lastHigh || low !== this.lastLow) {
      const key = longOf(high, low);
      this.lastHigh = high;
      this.lastLow = low;
      this.lastLoaded = this.byKey.get(key) ?? this.add(key, DENY_ACL, true);
    }
    this.slot(this.lastLoaded).uses++;
    return this.lastLoaded;
  }

  /** Drops what no node uses, after a load. */
  purge(): void {
    this.slots.forEach((slot, id) => {
      if (slot !== undefined && slot.uses === 0) this.drop(id, slot);
    });
  }

  /** How many nodes use a key that no list was given for. */
  danglingUses(): number {
    let uses = 0;
    for (const slot of this.slots) if (slot?.isDangling) uses += slot.uses;
    return uses;
  }

  private intern(acl: readonly ACL[]): number {
    const text = textOf(acl);
    const known = this.byText.get(text);
    if (known !== undefined) return known;
    const id = this.add(this.lastKey + 1n, acl, false);
    this.byText.set(text, id);
    return id;
  }

  private add(key: bigint, acl: readonly ACL[], isDangling: boolean): number {
    const id = this.vacant.pop() ?? this.slots.length;
    this.slots[id] = { key, acl: frozen(acl), uses: 0, isDangling };
    this.byKey.set(key, id);
    if (key > this.lastKey) this.lastKey = key;
    return id;
  }

  private drop(id: number, slot: Slot): void {
    const text = textOf(slot.acl);
    if (this.byText.get(text) === id) this.byText.delete(text);
    this.byKey.delete(slot.key);
    this.slots[id] = undefined;
    if (id === this.lastLoaded) this.lastLoaded = OPEN;
    this.vacant.push(id);
  }

  private slot(id: number): Slot {
    return present(this.slots[id], "a node's ACL is in the table");
  }
}

export interface AclEntry {
  readonly key: bigint;
  readonly acl: readonly ACL[];
}

interface Slot {
  readonly key: bigint;
  readonly acl: readonly ACL[];
  readonly isDangling: boolean;
  uses: number;
}

function isSame(a: readonly ACL[], b: readonly ACL[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const x = a[i];
    const y = b[i];
    if (x?.perms !== y?.perms || x?.id.scheme !== y?.id.scheme || x?.id.id !== y?.id.id) return false;
  }
  return true;
}

function textOf(acl: readonly ACL[]): string {
  let text = "";
  for (const { perms, id } of acl) text += `${perms}|${lengthPrefixed(id.scheme)}${lengthPrefixed(id.id)}`;
  return text;
}

function lengthPrefixed(text: string | null): string {
  return text === null ? "-:" : `${text.length}:${text}`;
}

function frozen(acl: readonly ACL[]): readonly ACL[] {
  return Object.freeze(
    acl.map(({ perms, id }) => Object.freeze({ perms, id: Object.freeze({ scheme: id.scheme, id: id.id }) })),
  );
}

function worldAnyone(perms: number): readonly ACL[] {
  return frozen([{ perms, id: { scheme: "world", id: "anyone" } }]);
}

/** The number of the open list. */
export const OPEN = 0;
export const OPEN_ACL = worldAnyone(Perms.all);
export const READ_ACL = worldAnyone(Perms.read);
const DENY_ACL = worldAnyone(0);
const OPEN_KEY = -1n;
