import { join } from "node:path";
import { startChild } from "./child.ts";
import { type PeerServer, type ServerOptions, startServer } from "./server.ts";

/** Starts our server from dist/ (built by `npm run build`), alone or as a member when the configuration names servers. */
export function startTypekeeperServer(options: ServerOptions = {}): Promise<PeerServer> {
  return startServer("ts", options, (configFile, logFile, jvmFlags) =>
    startChild(process.execPath, [...NODE_FLAGS, MAIN, configFile], logFile, {
      SERVER_JVMFLAGS: jvmFlags.join(" "),
    }),
  );
}

const MAIN = join(__dirname, "..", "..", "dist", "main.js");
/** As bin/zkServer.sh starts it. */
const NODE_FLAGS = ["--min-semi-space-size=16", "--heap-growing-percent=300"];
