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

  /** Starts the server, connects the writers, and gives what is not as it was promised. Some starts come after one that was cut off. */
  async begin(): Promise<readonly string[]> {
    if (this.chance.once(6)) {
      this.server = await startTypekeeperServer(this.options);
      await pause(this.chance.below(200));
      await this.kill();
    }
    this.server = await startTypekeeperServer(this.options);
    await this.server.waitServing();
    return this.violations(this.server);
  }

  /** Everybody writes, until the server is killed in the midst of it, at any moment. */
  async writeUntilKilled(): Promise<void> {
    const kill = async (): Promise<void> => {
      await pause(30 + this.chance.below(220));
      await this.kill();
    };
    await Promise.all([this.write(), kill()]);
  }

  /** Everybody writes, until this many were acknowledged and all is answered; only then the server is killed. */
  async writeInPeace(count: number): Promise<void> {
    const stop = async (): Promise<void> => {
      await waitFor(`${count} writes`, 20_000, () => (this.acknowledged >= count ? true : undefined));
      for (const writer of this.writers) writer.stop();
    };
    await Promise.all([this.write(), stop()]);
    await this.kill();
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.home, { recursive: true, force: true });
  }

  private async kill(): Promise<void> {
    if (this.server?.running()) await this.server.kill("SIGKILL");
  }

  private async write(): Promise<void> {
    const { server } = this;
    if (server === undefined) throw new Error("nobody lives");
    await Promise.all(this.writers.map((writer) => writer.write(server.clientPort)));
  }

  private async violations(server: PeerServer): Promise<readonly string[]> {
    const zxid = await zxidOf(server);
    const promised = this.writers.map(({ newestZxid }) => newestZxid);
    const mismatches = (await mntr(server.clientPort)).get("zk_digest_mismatches_count");
    const tree = await readAll(server.clientPort);
    const differences = this.writers.flatMap(({ ledger }) => ledger.settle(tree));
    await Promise.all(this.writers.map((writer) => writer.connect(server.clientPort)));
    const strange = [...tree.keys()].filter(
      (path) => path !== "/" && !this.writers.some(({ ledger }) => ledger.owns(path)),
    );
    return [
      ...promised.filter((each) => each > zxid).map((each) => `zxid ${hex(zxid)} is below ${hex(each)}`),
      ...(mismatches === "0" ? [] : [`${mismatches} mismatches of digests`]),
      ...strange.map((path) => `${path} is nobody's`),
      ...differences,
      ...this.writers.flatMap(({ wrong }) => wrong),
    ];
  }
}

function hex(zxid: bigint): string {
  return `0x${zxid.toString(16)}`;
}

const ROOTS = ["/one", "/two", "/three", "/four"];
