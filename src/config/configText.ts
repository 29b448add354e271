import { hex64 } from "../base/bytes.ts";
import { hostPortText } from "../base/hostText.ts";
import type { QuorumConfig, ServerSpec } from "./config.ts";

/**
 * The text of a quorum verifier: election notifications, NEWLEADER, /zookeeper/config and the word `conf` carry it
 * (peer-protocol 6.5.1). Lines end in `\n`, the last one (`version=<hex>`) does not.
 */
export function configText(config: QuorumConfig): string {
  const lines = config.servers.map((server) => `server.${server.id}=${serverSpecText(server)}\n`);
  return `${lines.join("")}version=${hex64(config.version)}`;
}

/** The role is always written, a client address only if the server line has one; addresses are sorted by host. */
export function serverSpecText(server: ServerSpec): string {
  const addresses = [...server.addresses]
    .sort((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0))
    .map(({ host, quorumPort, electionPort }) => `${hostPortText(host, quorumPort)}:${electionPort}`);
  // ZK: with several addresses Java writes the role once, after the last (recorded from 3.9.5).
  const { clientAddress } = server;
  const client = clientAddress === undefined ? "" : `;${hostPortText(clientAddress.host, clientAddress.port)}`;
  return `${addresses.join("|")}:${server.role}${client}`;
}
