import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Chance } from "../differential/chance.ts";
import { LONG_SESSION_MS } from "../ensemble/client.ts";
import { zxidOf } from "../ensemble/members.ts";
import { mntr } from "../peers/fourLetter.ts";
import type { PeerServer, ServerOptions } from "../peers/server.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";
import { pause, waitFor } from "../peers/waiting.ts";
import { readAll } from "./reading.ts";
import { Writer } from "./writer.ts";

/** A server's directory through many lives of the server, and those who write while it lives. */
export class Lives {
  readonly dataDir: string;
  private readonly home: string;
  private readonly options: ServerOptions;
  private readonly chance: Chance;
  private readonly writers: readonly Writer[];
  private server: PeerServer | undefined;

  constructor(seed: number, config: ServerOptions["config"]) {
    this.home = mkdtempSync(join(tmpdir(), "typekeeper-crashes-"));
    this.dataDir = join(this.home, "data");
    this.options = { home: this.home, config: { maxSessionTimeout: LONG_SESSION_MS, ...config } };
    this.chance = new Chance(seed);
    this.writers = ROOTS.map((root) => new Writer(root, new Chance(this.chance.int32())));
  }

  get acknowledged(): number {
    return this.writers.reduce((sum, { ledger }) => sum + ledger.acknowledged, 0);
  }

  /** Starts the server and gives what is not as it was promised. In one of a few cases it is killed before while it starts. */
  async begin(): Promise<readonly string[]> {
    if (this.chance.once(6)) {
      const early = await startTypekeeperServer(this.options);
      this.server = early;
      await pause(this.chance.below(200));
      await early.kill("SIGKILL");
    }
    this.server = await startTypekeeperServer(this.options);
    await this.server.waitServing();
    return this.violations(this.server);
  }

  /** Everybody writes, until the server is killed in the midst of it, at any moment. */
  async writeUntilKilled(): Promise<void> {
    const { server, written } = await this.write();
    await pause(30 + this.chance.below(220));
    await server.kill("SIGKILL");
    await written;
  }

  /** Everybody writes, until this many were acknowledged and all is answered; only then the server is killed. */
  async writeInPeace(count: number): Promise<void> {
    const { server, written } = await this.write();
    await waitFor(`${count} writes`, 20_000, () => (this.acknowledged >= count ? true : undefined));
    for (const writer of this.writers) writer.stop();
    await written;
    await server.kill("SIGKILL");
  }

  async dispose(): Promise<void> {
    if (this.server?.running()) await this.server.kill("SIGKILL");
    rmSync(this.home, { recursive: true, force: true });
  }

  private async write(): Promise<{ readonly server: PeerServer; readonly written: Promise<unknown> }> {
    const { server } = this;
    if (server === undefined) throw new Error("nobody lives");
    const { clientPort } = server;
    const clients = await Promise.all(this.writers.map((writer) => writer.connect(clientPort)));
    const written = Promise.all(
      this.writers.map(async (writer, i) => {
        const client = clients[i];
        if (client !== undefined) await writer.write(client, clientPort);
      }),
    );
    return { server, written };
  }

  private async violations(server: PeerServer): Promise<readonly string[]> {
    const zxid = await zxidOf(server);
    const promised = this.writers.map(({ newestZxid }) => newestZxid);
    const mismatches = (await mntr(server.clientPort)).get("zk_digest_mismatches_count");
    const tree = await readAll(server.clientPort);
    const strange = [...tree.keys()].filter(
      (path) => path !== "/" && !this.writers.some(({ ledger }) => ledger.owns(path)),
    );
    return [
      ...promised.filter((each) => each > zxid).map((each) => `zxid ${hex(zxid)} is below ${hex(each)}`),
      ...(mismatches === "0" ? [] : [`${mismatches} mismatches of digests`]),
      ...strange.map((path) => `${path} is nobody's`),
      ...this.writers.flatMap(({ ledger, wrong }) => [...wrong, ...ledger.settle(tree)]),
    ];
  }
}

function hex(zxid: bigint): string {
  return `0x${zxid.toString(16)}`;
}

const ROOTS = ["/one", "/two", "/three", "/four"];
