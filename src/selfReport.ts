import type { Asked } from "./admin/fourLetterWords.ts";
import { SERVER_VERSION } from "./admin/version.ts";
import type { Instant } from "./base/instant.ts";
import { environment } from "./environment.ts";
import { fileFacts } from "./fileFacts.ts";
import { dumpOf, watchesOf } from "./server/dumpOf.ts";
import type { Server } from "./server/server.ts";
import type { Dump, Status, WatchesStatus, WordCommand } from "./server/status.ts";
import { statusOf } from "./server/statusOf.ts";
import type { DataDirectories } from "./store/recovery.ts";

/** What a server tells of itself and of the process it runs in. */
export class SelfReport implements Asked {
  private readonly server: Server;
  private readonly directories: DataDirectories;
  private readonly now: () => Instant;

  constructor(server: Server, directories: DataDirectories, now: () => Instant) {
    this.server = server;
    this.directories = directories;
    this.now = now;
  }

  status(): Status {
    const { log, snapshot } = this.directories;
    const facts = { version: SERVER_VERSION, ...fileFacts(snapshot.path, log.path) };
    return statusOf(this.server, facts, this.now().monoMs);
  }

  dump(): Dump {
    return dumpOf(this.server, this.now());
  }

  watches(): WatchesStatus {
    return watchesOf(this.server);
  }

  digestLog(): ReturnType<Asked["digestLog"]> {
    const { database, config } = this.server.home;
    return database.tree
      .digestLog()
      .map(({ zxid, digest }) => ({ zxid, digest: config.digestEnabled ? digest : NOT_KEPT }));
  }

  environment(): ReadonlyMap<string, string> {
    return environment(SERVER_VERSION);
  }

  traceMask(): bigint {
    return this.server.traceMask;
  }

  obey(command: WordCommand): void {
    this.server.obey(command);
  }
}

/** What Java's digests are where it does not compute them. */
const NOT_KEPT = 0n;
