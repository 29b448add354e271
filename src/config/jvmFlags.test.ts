import { parseJvmFlags } from "./jvmFlags.ts";

test.each<[string, Record<string, string>]>([
  ["", {}],
  ["-Xmx1000m -XX:+UseG1GC -agentlib:x", {}],
  ["-Da=1 -Db=2", { a: "1", b: "2" }],
  ["  -Da=1\t\n-Db=2  ", { a: "1", b: "2" }],
  ["-Dzookeeper.4lw.commands.whitelist=* -Xmx1g", { "zookeeper.4lw.commands.whitelist": "*" }],
  ["-Da=1 -Da=2", { a: "2" }],
  ["-Da", { a: "" }],
  ["-Da=", { a: "" }],
  ["-Da=b=c", { a: "b=c" }],
  [`-Da="b c"`, { a: `"b` }],
  [`'-Da=1'`, {}],
  ["-D", {}],
  ["a=1 Da=1", {}],
])("flags %j", (text, expected) => expect(Object.fromEntries(parseJvmFlags(text))).toEqual(expected));
