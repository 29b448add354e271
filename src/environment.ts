import { homedir, hostname, release, tmpdir, type, userInfo } from "node:os";
import { getHeapStatistics } from "node:v8";

/**
 * The lines of `envi` by Java's keys, in its order (operations 2.5). What a JVM alone has is `<NA>`, as Java prints a property that is not
 * set. Memory is the heap's; the host name is the machine's own, for which Java asks a name server.
 */
export function environment(version: string): ReadonlyMap<string, string> {
  const { total_heap_size, used_heap_size, heap_size_limit } = getHeapStatistics();
  return new Map([
    ["zookeeper.version", version],
    ["host.name", hostname()],
    ["java.version", UNSET],
    ["java.vendor", UNSET],
    ["java.home", UNSET],
    ["java.class.path", UNSET],
    ["java.library.path", UNSET],
    ["java.io.tmpdir", tmpdir()],
    ["java.compiler", UNSET],
    ["os.name", type()],
    ["os.arch", JAVAS_NAMES.get(process.arch) ?? process.arch],
    ["os.version", release()],
    ["user.name", userName()],
    ["user.home", homedir()],
    ["user.dir", process.cwd()],
    ["os.memory.free", megabytes(total_heap_size - used_heap_size)],
    ["os.memory.max", megabytes(heap_size_limit)],
    ["os.memory.total", megabytes(total_heap_size)],
  ]);
}

/** `?` for a user id without a name, as in Java. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "?";
  }
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024)}MB`;
}

const UNSET = "<NA>";
/** Processors. */
const JAVAS_NAMES: ReadonlyMap<string, string> = new Map([
  ["x64", "amd64"],
  ["arm64", "aarch64"],
]);
