// The house rules that a compiler or a linter cannot hold. What Biome can hold (any, enum, default exports, long functions
// and files, skipped tests) stands in biome.json; what the compiler holds (no Node in pure rooms) in tsconfig.pure.json.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

const ROOT = join(__dirname, "..");

/**
 * Which rooms, and files above them, a room may import. A room may always import itself; tests, main.ts and index.ts may
 * import all. Who may import wire's records may use the codec they are declared with.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  wire: ["base"],
  tree: ["base", "wire"],
  txn: ["base", "wire", "tree"],
  session: ["base", "wire"],
  election: ["base", "wire"],
  zab: ["base", "wire"],
  store: ["base", "wire", "tree"],
  config: ["base"],
  server: ["base", "wire", "tree", "txn", "session", "election", "zab", "store", "config"],
  net: ["base", "wire", "store", "server", "config"],
  disk: ["base", "wire", "store", "server", "config"],
  admin: ["base", "wire", "server", "config"],
  client: ["base", "wire"],
  cli: ["base", "wire", "store", "server", "disk", "client", "config"],
  inProcess: ["base", "store", "config", "server", "disk", "net", "host.ts", "hostPorts.ts"],
  sim: ["base", "wire", "tree", "txn", "session", "election", "zab", "store", "config", "server"],
  fuzz: ["base", "wire", "zab", "store", "config", "sim"],
};

const PURE = ["base", "wire", "tree", "txn", "session", "election", "zab", "store", "config", "server"];
/** Parts of world rooms that decide and do nothing else; they import only pure files. */
const PURE_FOLDERS = ["src/client/core/"];
const FORBIDDEN_IN_PURE: readonly RegExp[] = [
  /\bDate\b/,
  /\bMath\.random\b/,
  /\bset(Timeout|Interval|Immediate)\b/,
  /\bqueueMicrotask\b/,
  /\bconsole\b/,
  /\bprocess\./,
  /\bBuffer\b/,
  /\bText(De|En)coder\b/,
  /\basync\b/,
  /\bawait\b/,
  /\bPromise\b/,
  /\bperformance\b/,
  /\bcrypto\b/,
  /\bglobalThis\b/,
];

const ENTRIES: readonly RegExp[] = [
  /^src\/(index|main)\.ts$/,
  /^src\/disk\/diskWorker\.ts$/,
  /^src\/cli\/[^/]+\.ts$/,
  /^src\/sim\/main\.ts$/,
  /^jute\/src\/index\.ts$/,
  /^compat-tests\/(apacheTests\/all|(recorder|bench)\/[^/]+)\.ts$/,
];
const INSTALLED_OR_BUILT = new Set([".git", "node_modules", "dist", "data", "logs", "coverage"]);

type Source = {
  readonly path: string;
  readonly text: string;
  readonly code: string;
  readonly imports: readonly string[];
};

const sources = ["src", "jute/src", "compat-tests"]
  .flatMap((folder) => filesUnder(folder))
  .filter(isSource)
  .map(readSource);
const production = sources.filter(({ path }) => !path.endsWith(".test.ts"));

describe("tidy", () => {
  test("a room imports only what its row of the table allows", () => {
    const wrong = production.flatMap(({ path, imports }) => {
      const from = roomOf(path);
      const allowed = MAY_IMPORT[from ?? ""];
      if (from === undefined || allowed === undefined) return [];
      return imports.filter((to) => !mayImport(path, from, to, allowed)).map((to) => `${path} imports ${to}`);
    });
    expect(wrong).toEqual([]);
  });

  test("every room is in the table, and every room with code says what it is", () => {
    const rooms = [...new Set(production.flatMap(({ path }) => roomOf(path) ?? []))];
    expect(rooms.filter((room) => MAY_IMPORT[room] === undefined)).toEqual([]);
    expect(rooms.filter((room) => !filesUnder(`src/${room}`).includes(`src/${room}/README.md`))).toEqual([]);
  });

  test("what decides has no clock, chance, promise, timer or log", () => {
    const pure = production.filter(({ path }) => isPure(path));
    expect(pure.length).toBeGreaterThan(0);
    for (const folder of PURE_FOLDERS) expect(filesUnder(folder)).not.toEqual([]);
    expect(pure.flatMap((source) => FORBIDDEN_IN_PURE.flatMap((word) => linesWith(source, word)))).toEqual([]);
  });

  test("the codec knows no ZooKeeper word", () => {
    const jute = production.filter(({ path }) => path.startsWith("jute/"));
    expect(jute.flatMap((source) => linesWith(source, /zxid|znode|quorum|session/i))).toEqual([]);
  });

  test("64-bit values never go through Buffer, which is 4-11x slower than a DataView", () => {
    expect(sources.flatMap((source) => linesWith(source, /\b(read|write)BigU?[iI]nt64(BE|LE)\b/))).toEqual([]);
  });

  test("nothing is left for later and nothing is left out", () => {
    const marks = /\b(TO[D]O|FIX[M]E|XX[X])\b/;
    expect(sources.filter(({ text }) => marks.test(text)).map(({ path }) => path)).toEqual([]);
    const skipped = /\b(x(it|test|describe)|(it|test|describe)\.(skip|only|todo|failing))\b/;
    expect(sources.flatMap((source) => linesWith(source, skipped))).toEqual([]);
  });

  test("every file is reached from an entry or a test", () => {
    const paths = new Set(sources.map(({ path }) => path));
    const reached = new Set<string>();
    const queue = sources.map(({ path }) => path).filter(isEntry);
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      if (reached.has(path)) continue;
      reached.add(path);
      const imports = sources.find((source) => source.path === path)?.imports ?? [];
      queue.push(...imports.map((to) => targetOf(path, to)).filter((to) => paths.has(to)));
    }
    expect([...paths].filter((path) => !reached.has(path) && !path.endsWith(".d.ts"))).toEqual([]);
  });

  test("no file names a machine's folder or a registry", () => {
    const folders = /(^|[\s"'`(=:])\/(work|farm|home|root|Users)\/\w/;
    const registries = /registry\.npmjs|registry\.yarnpkg|repo1?\.maven|maven\.org|deb\.debian|pypi\.org|docker\.io\//;
    const wrong = textFiles().filter((path) => {
      const text = readFileSync(join(ROOT, path), "utf8");
      return folders.test(text) || (path !== "src/tidy.test.ts" && registries.test(text));
    });
    expect(wrong).toEqual([]);
  });
});

function isEntry(path: string): boolean {
  return path.endsWith(".test.ts") || ENTRIES.some((entry) => entry.test(path));
}

/** The room of a file of src/, undefined for what stands above the rooms or outside. */
function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

function mayImport(path: string, from: string, to: string, allowed: readonly string[]): boolean {
  if (to === "jute-ts") return from === "wire" || allowed.includes("wire");
  if (!to.startsWith(".")) return !isPure(path);
  const target = targetOf(path, to);
  if (isPure(path) && !isPure(target)) return false;
  const room = roomOf(target) ?? target.replace(/^src\//, "");
  return room === from || allowed.includes(room);
}

function isPure(path: string): boolean {
  return PURE.includes(roomOf(path) ?? "") || PURE_FOLDERS.some((folder) => path.startsWith(folder));
}

/** The file, from the root, that a file's import names. */
function targetOf(path: string, to: string): string {
  if (to === "jute-ts") return "jute/src/index.ts";
  return to.startsWith(".") ? join(dirname(path), to).split(sep).join("/") : to;
}

function linesWith({ path, code }: Source, word: RegExp): readonly string[] {
  return code.split("\n").flatMap((line, index) => (word.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : []));
}

function readSource(path: string): Source {
  const text = readFileSync(join(ROOT, path), "utf8");
  const imports = [...text.matchAll(/^(?:(?:import|export|\}) ?.*\bfrom |import )"([^"]+)";$/gm)].map(
    (match) => match[1] ?? "",
  );
  return { path, text, code: withoutCommentsAndStrings(text), imports };
}

/** Blanks comments, strings and regular expressions, keeping every line where it is; a template's expressions go with it. */
function withoutCommentsAndStrings(text: string): string {
  const blank = (match: string): string => match.replace(/[^\n]/g, " ");
  return text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|(?<=[(,=:[!&|?{};]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g,
    blank,
  );
}

function textFiles(): readonly string[] {
  return filesUnder("").filter((path) => !/(^|\/)fixtures\/|package-lock\.json$|\.(png|bin|jar)$/.test(path));
}

function isSource(path: string): boolean {
  return path.endsWith(".ts");
}

/** The files under a folder of the tree, from the root, without what is installed or built. */
function filesUnder(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = relative(ROOT, join(ROOT, folder, entry.name))
      .split(sep)
      .join("/");
    if (entry.isDirectory()) return INSTALLED_OR_BUILT.has(entry.name) ? [] : filesUnder(path);
    return entry.isFile() ? [path] : [];
  });
}
