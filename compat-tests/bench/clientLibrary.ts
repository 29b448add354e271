/**
 * The client library's own cost: pipelined getData of 100 bytes against our server in a process of its own.
 *
 *   npm run build && node -r ./compat-tests/setup/ts.cjs compat-tests/bench/clientLibrary.ts [seconds=4] [outstanding=320]
 */
import { connect, type ZooKeeper } from "../../src/client/index.ts";
import { startTypekeeperServer } from "../peers/typekeeperServer.ts";

async function main(seconds = "4", outstanding = "320"): Promise<void> {
  const server = await startTypekeeperServer({ config: { tickTime: 2000 } });
  try {
    await server.waitServing();
    const zk = await connect(`127.0.0.1:${server.clientPort}`);
    await zk.create("/read", Buffer.alloc(100, "x"));
    await reads(zk, Number(outstanding), 1000);
    const before = process.cpuUsage();
    const startMs = performance.now();
    const ops = await reads(zk, Number(outstanding), 1000 * Number(seconds));
    const tookMs = performance.now() - startMs;
    const { user, system } = process.cpuUsage(before);
    const figures = [Math.round((1000 * ops) / tookMs), (user + system) / ops];
    console.log(`${figures[0]?.toLocaleString("en")} ops/s, ${figures[1]?.toFixed(2)} µs CPU of the client for each`);
    await zk.close();
  } finally {
    await server.stop();
  }
}

/** So many callers, each with one request outstanding. */
async function reads(zk: ZooKeeper, callers: number, forMs: number): Promise<number> {
  const endMs = performance.now() + forMs;
  let ops = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < endMs) {
      await zk.getData("/read");
      ops++;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return ops;
}

main(...process.argv.slice(2));
