import type { MemberSpec } from "../peers/ensemble.ts";
import type { Kind } from "../peers/server.ts";

/** An ensemble of both programs. The two with the largest sids are of different kinds where there are two kinds, so that either can lead. */
export type Mix = {
  readonly name: string;
  readonly specs: readonly MemberSpec[];
  /** Kinds that are to lead, one after the other. */
  readonly leaders: readonly Kind[];
};

export const MIXES: readonly Mix[] = [
  { name: "1 TypeKeeper and 2 Java", specs: voters("java", "ts", "java"), leaders: ["java", "ts"] },
  { name: "2 TypeKeeper and 1 Java", specs: voters("ts", "java", "ts"), leaders: ["ts", "java"] },
  { name: "3 TypeKeeper", specs: voters("ts", "ts", "ts"), leaders: ["ts"] },
  {
    name: "2 Java and 1 TypeKeeper, and a TypeKeeper that observes",
    specs: [...voters("java", "java", "ts"), { kind: "ts", id: 4, role: "observer" }],
    leaders: ["java", "ts"],
  },
];

function voters(...kinds: readonly Kind[]): readonly MemberSpec[] {
  return kinds.map((kind, i) => ({ kind, id: i + 1 }));
}
