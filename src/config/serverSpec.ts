import { hostText } from "../base/hostText.ts";
import type { ServerId } from "../base/ids.ts";
import type { HostAndPort, Role, ServerAddress, ServerSpec } from "./config.ts";
import type { Problem } from "./configError.ts";
import { parseJavaInt, portProblem } from "./numbers.ts";

/** Reads the value of `server.N` (operations 1.5). Errors are values: the caller knows the file and the key. */
export function parseServerSpec(id: ServerId, value: string, multiAddressEnabled: boolean): ServerSpec | Problem {
  const parts = javaSplit(value, ";");
  const addressTexts = javaSplit(parts[0] ?? "", "|");
  const clientAddress = parts.length === 2 ? clientAddressOf(parts[1] ?? "", value) : undefined;
  if (clientAddress !== undefined && "why" in clientAddress) return clientAddress;
  if (addressTexts.length > 1 && !multiAddressEnabled) {
    const why = `Multiple address feature is disabled, but multiple addresses were specified for sid ${id}`;
    return { why, allowed: "one address, or several with -Dzookeeper.multiAddress.enabled=true" };
  }
  if (parts.length > 2 || addressTexts.length === 0) return wrongForm(value);

  const addresses: ServerAddress[] = [];
  let role: Role | undefined;
  for (const text of addressTexts) {
    const address = addressOf(id, text, value);
    if ("why" in address) return address;
    if (address.role !== undefined && role !== undefined && address.role !== role) {
      return refused(`Multiple addresses should have similar roles: ${role} vs ${address.role}`);
    }
    role ??= address.role;
    const { host, quorumPort, electionPort } = address;
    if (!addresses.some((known) => sameAddress(known, address))) addresses.push({ host, quorumPort, electionPort });
  }
  return { id, addresses, role: role ?? "participant", clientAddress };
}

/** `participant` or `observer` in any case; undefined for anything else. */
export function parseRole(text: string): Role | undefined {
  const role = text.toLowerCase();
  return role === "participant" || role === "observer" ? role : undefined;
}

function addressOf(id: ServerId, text: string, value: string): (ServerAddress & { role: Role | undefined }) | Problem {
  const fields = hostAndRest(text);
  if (!Array.isArray(fields)) return fields;
  const [host = "", quorumText = "", electionText = "", roleText] = fields;
  if (fields.length < 3 || fields.length > 4) return wrongForm(value);
  const quorumPort = portOf(host, quorumText);
  if (typeof quorumPort !== "number") return quorumPort;
  const electionPort = portOf(host, electionText);
  if (typeof electionPort !== "number") return electionPort;
  if (quorumPort === electionPort) {
    return refused(`Client and election port must be different! Please update the configuration file on server.${id}`);
  }
  const role = roleText === undefined ? undefined : parseRole(roleText);
  if (roleText !== undefined && role === undefined) return refused(`Unrecognised peertype: ${roleText}`);
  return { host: hostText(host), quorumPort, electionPort, role };
}

function clientAddressOf(text: string, value: string): HostAndPort | Problem {
  const fields = hostAndRest(text);
  if (!Array.isArray(fields)) return fields;
  if (fields.length > 2 || fields.length === 0) return wrongForm(value);
  const host = fields.length === 2 ? (fields[0] ?? "") : "0.0.0.0";
  const port = portOf("null", fields.at(-1) ?? "");
  return typeof port === "number" ? { host: hostText(host), port } : port;
}

/** The host without brackets, then what stands between the colons after it. */
function hostAndRest(text: string): string[] | Problem {
  if (!text.startsWith("[")) return javaSplit(text, ":");
  const close = text.indexOf("]:");
  if (close < 0 && text.endsWith("]")) return [text.slice(1, -1)];
  if (close < 0 && !text.includes("]")) return refused(`${text} starts with '[' but has no matching ']:'`);
  if (close < 0 || close + 2 === text.length) return refused(`${text} doesn't have a port after colon`);
  return [text.slice(1, close), ...javaSplit(text.slice(close + 2), ":")];
}

function portOf(host: string, text: string): number | Problem {
  const port = parseJavaInt(text);
  if (port === undefined) return refused(`Address unresolved: ${host}:${text}`);
  return portProblem(port) ?? port;
}

/** Java's `String.split`: empty parts at the end are dropped, but no part at all is one empty part. */
function javaSplit(text: string, separator: string): string[] {
  if (!text.includes(separator)) return [text];
  const parts = text.split(separator);
  while (parts.at(-1) === "") parts.pop();
  return parts;
}

function sameAddress(a: ServerAddress, b: ServerAddress): boolean {
  return a.host === b.host && a.quorumPort === b.quorumPort && a.electionPort === b.electionPort;
}

function refused(why: string): Problem {
  return { why, allowed: GRAMMAR };
}

function wrongForm(value: string): Problem {
  return refused(`${value} ${WRONG_FORM}`);
}

const GRAMMAR = "host:quorumPort:electionPort[:participant|observer][;[clientHost:]clientPort]";
const WRONG_FORM =
  "does not have the form server_config or server_config;client_config where server_config is the pipe separated list of " +
  "host:port:port or host:port:port:type and client_config is port or host:port";
