import { hostPortText, hostText, isAnyAddress, isLiteralAddress } from "../base/hostText.ts";
import { type ServerId, toServerId } from "../base/ids.ts";
import type { Config, Ensemble, HostAndPort, Role, ServerSpec } from "./config.ts";
import { notANumber, parseJavaLong, portProblem } from "./numbers.ts";
import { parseRole, parseServerSpec } from "./serverSpec.ts";
import type { FileKeys } from "./sources.ts";

export type MemberSettings = Pick<Config, "ensemble" | "peerType" | "clientPort" | "clientPortAddress">;

export interface MemberSources {
  readonly file: FileKeys;
  /** The content of `<dataDir>/myid`; undefined when there is no such file. */
  readonly myidText: string | undefined;
  readonly standaloneEnabled: boolean;
  readonly multiAddressEnabled: boolean;
  readonly extendedTypesEnabled: boolean;
}

/**
 * Who the members are, whether this is an ensemble at all (operations 1.2), who we are in it and where our clients connect.
 * Throws ConfigError.
 */
export function memberSettings(sources: MemberSources, warnings: string[]): MemberSettings {
  const { file } = sources;
  const servers = serversOf(file, sources.multiAddressEnabled);
  const version = versionOf(file);
  const isEnsemble = checkVoters(sources, servers, warnings);
  const myid = myidOf(file, sources.myidText);
  const self = servers.find(({ id }) => id === myid);
  const client = clientAddressOf(file, self);
  const peerType = peerTypeOf(file, self, warnings);
  if (!isEnsemble) return { ensemble: undefined, peerType, ...client };
  const ensemble: Ensemble = { myid: checkedMyid(sources, servers, myid), servers, version };
  return { ensemble, peerType, ...client };
}

/** In ascending order of id. */
function serversOf(file: FileKeys, multiAddressEnabled: boolean): readonly ServerSpec[] {
  const specs = new Map<ServerId, ServerSpec>();
  const texts = new Map<ServerId, string>();
  for (const { key, value } of file.entries) {
    if (!key.startsWith("server.")) continue;
    const id = serverIdOf(file, key);
    const known = texts.get(id);
    if (known !== undefined && known !== value) {
      // Java lets the last line win for one spelling of the id and leaves it to hash order for two (`server.1`, `server.01`).
      throw file.problem(key, { why: `server id ${id} is already ${known}`, allowed: "every server id once" });
    }
    const spec = parseServerSpec(id, value, multiAddressEnabled);
    if ("why" in spec) throw file.problem(key, spec);
    texts.set(id, value);
    specs.set(id, spec);
  }
  return [...specs.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function serverIdOf(file: FileKeys, key: string): ServerId {
  const text = key.slice("server.".length);
  const id = parseJavaLong(text);
  if (id === undefined) throw file.problem(key, notANumber(text, "server.<id> with a whole number, 1 to 255"));
  return toServerId(id);
}

/** A zoo.cfg written by hand has no such line; Java reads it all the same. */
function versionOf(file: FileKeys): bigint {
  const text = file.text("version");
  if (text === undefined) return 0n;
  const version = parseJavaLong(text, 16);
  if (version !== undefined) return version;
  throw file.problem("version", { why: `For input string: "${text}" under radix 16`, allowed: "a hexadecimal number" });
}

/** Whether these servers make an ensemble. */
function checkVoters(sources: MemberSources, servers: readonly ServerSpec[], warnings: string[]): boolean {
  const { file, standaloneEnabled } = sources;
  const voters = servers.filter(({ role }) => role === "participant").length;
  const allowed = "at least two participants, or no observer; one participant with standaloneEnabled=false";
  if (voters === 0 && !standaloneEnabled) {
    throw file.problem("server.N", {
      why: "standaloneEnabled = false then number of participants should be >0",
      allowed,
    });
  }
  if (voters <= 1 && standaloneEnabled && servers.length > voters) {
    const missing = voters === 0 ? "participants" : "quorum";
    throw file.problem("server.N", { why: `Observers w/o ${missing} is an invalid configuration`, allowed });
  }
  if (voters === 1 && standaloneEnabled) warnings.push("Invalid configuration, only one server specified (ignoring)");
  else if (voters > 0 && voters <= 2)
    warnings.push("No server failure will be tolerated. You need at least 3 servers.");
  else if (voters > 0 && voters % 2 === 0)
    warnings.push("Non-optimal configuration, consider an odd number of servers.");
  const isEnsemble = !standaloneEnabled || voters > 1;
  if (!isEnsemble) warnings.push("Either no config or no quorum defined in config, running in standalone mode");
  return isEnsemble;
}

/** Only the first line counts, and Java does not trim it; a standalone server's myid is read too when it is there. */
function myidOf(file: FileKeys, myidText: string | undefined): ServerId | undefined {
  if (myidText === undefined) return undefined;
  const line = /^[^\r\n]*/.exec(myidText)?.[0] ?? "";
  const myid = parseJavaLong(line);
  if (myid !== undefined) return toServerId(myid);
  const shown = myidText === "" ? "null" : line;
  throw file.problem("dataDir", { why: `myid: serverid ${shown} is not a number`, allowed: MYID_ALLOWED });
}

function checkedMyid(sources: MemberSources, servers: readonly ServerSpec[], myid: ServerId | undefined): ServerId {
  const { file } = sources;
  for (const key of ["initLimit", "syncLimit"]) {
    if (file.int(key, 0) !== 0) continue;
    throw file.problem(key, { why: `${key} is not set`, allowed: "a number of ticks, needed in an ensemble" });
  }
  if (myid === undefined) throw file.problem("dataDir", { why: "myid file is missing", allowed: MYID_ALLOWED });
  if (!servers.some(({ id }) => id === myid)) {
    const allowed = `one of ${servers.map(({ id }) => id).join(", ")} in the file myid of dataDir`;
    throw file.problem("dataDir", { why: `My id ${myid} not in the peer list`, allowed, exitCode: 1 });
  }
  if (sources.extendedTypesEnabled && myid > 254n) {
    const why = `extendedTypesEnabled is true but Server ID is too large. Cannot be larger than 254`;
    throw file.problem("extendedTypesEnabled", { why, allowed: "false, or a myid up to 254", exitCode: 1 });
  }
  return myid;
}

/** The server line's `;port` and the static clientPort are one and the same, and must agree where both are given. */
function clientAddressOf(
  file: FileKeys,
  self: ServerSpec | undefined,
): Pick<Config, "clientPort" | "clientPortAddress"> {
  const fixed = staticClientAddress(file);
  const dynamic = self?.clientAddress;
  if (fixed !== undefined && dynamic !== undefined && !sameClientAddress(fixed, dynamic)) {
    const why =
      `client address for this server (id = ${self?.id}) in static config file is /${hostPortText(fixed.host, fixed.port)} is ` +
      `different from client address found in dynamic file: /${hostPortText(dynamic.host, dynamic.port)}`;
    throw file.problem("clientPort", { why, allowed: "the same address in both, or only one of them" });
  }
  const address = dynamic ?? fixed;
  return {
    clientPort: address?.port,
    clientPortAddress: address === undefined || isAnyAddress(address.host) ? undefined : address.host,
  };
}

function staticClientAddress(file: FileKeys): HostAndPort | undefined {
  const host = file.text("clientPortAddress");
  if (file.text("clientPort") === undefined) {
    if (host === undefined) return undefined;
    const why = "clientPortAddress is set but clientPort is not set";
    throw file.problem("clientPortAddress", { why, allowed: "only together with clientPort" });
  }
  const port = file.int("clientPort", 0);
  const problem = portProblem(port);
  if (problem !== undefined) throw file.problem("clientPort", problem);
  return { host: host === undefined ? "0.0.0.0" : hostText(host.replace(/^\[(.*)\]$/, "$1")), port };
}

/** Java compares resolved addresses; a name cannot be resolved here, so two different names are believed. */
function sameClientAddress(fixed: HostAndPort, dynamic: HostAndPort): boolean {
  if (fixed.port !== dynamic.port) return false;
  if (isAnyAddress(fixed.host) || fixed.host === dynamic.host) return true;
  return !isLiteralAddress(fixed.host) || !isLiteralAddress(dynamic.host);
}

function peerTypeOf(file: FileKeys, self: ServerSpec | undefined, warnings: string[]): Role {
  const text = file.text("peerType") ?? "participant";
  const own = parseRole(text);
  if (own === undefined) {
    throw file.problem("peerType", { why: `Unrecognised peertype: ${text}`, allowed: "participant or observer" });
  }
  const listed = self?.role ?? "participant";
  if (own === listed) return listed;
  const roles = `(${listed.toUpperCase()}) doesn't match peerType (${own.toUpperCase()})`;
  warnings.push(`Peer type from servers list ${roles}. Defaulting to servers list.`);
  return listed;
}

const MYID_ALLOWED = "a file myid in dataDir whose first line is the number of one of the server.N lines";
