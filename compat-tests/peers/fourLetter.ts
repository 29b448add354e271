import { connect } from "node:net";

/** Sends a four-letter word and gives everything the server said until it closed; rejects when it cannot connect or stays silent. */
export function fourLetter(port: number, word: string, timeoutMs = 5_000, host = LOOPBACK): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => socket.write(word));
    const chunks: Buffer[] = [];
    socket.setTimeout(timeoutMs, () =>
      socket.destroy(new Error(`${word} on port ${port}: silent for ${timeoutMs} ms`)),
    );
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`${word} on port ${port}: closed without an end`)));
  });
}

/** What follows "Mode: " in the answer to srvr; undefined while the server does not serve. */
export type Mode = "standalone" | "leader" | "follower" | "observer";

/** The server's mode, or undefined when it does not answer or does not serve requests. */
export async function modeOf(port: number, host = LOOPBACK): Promise<Mode | undefined> {
  const answer = await fourLetter(port, "srvr", 2_000, host).catch(() => "");
  const word = /^Mode: (\w+)$/m.exec(answer)?.[1];
  return MODES.find((mode) => mode === word);
}

/** The answer to mntr as a map from key to value. */
export async function mntr(port: number): Promise<ReadonlyMap<string, string>> {
  const lines = (await fourLetter(port, "mntr")).split("\n").filter((line) => line.includes("\t"));
  return new Map(
    lines.map((line): [string, string] => [line.slice(0, line.indexOf("\t")), line.slice(line.indexOf("\t") + 1)]),
  );
}

const MODES: readonly Mode[] = ["standalone", "leader", "follower", "observer"];
const LOOPBACK = "127.0.0.1";
