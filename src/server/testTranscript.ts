import { concatBytes } from "../base/bytes.ts";
import { TestClient } from "./testClient.ts";
import { TestServer } from "./testServer.ts";

/**
 * For tests: a talk with a standalone server as text. Lines of the test and, behind each, what the clients then saw:
 *
 *     clients 1 2            both are joined, without a word of it
 *     1: create /a x; ping   two requests in one chunk; see TestClient
 *     1< ...                 client 1 saw this: a reply, an event, `closed` (behind the last byte), `cut` (at once), `paused`
 *     3 opens 10.0.0.1       a connection from there
 *     3 hangs up
 *     flush                  the disk does what it was asked for
 *     at 4000                the clock stands at 4000 ms
 *     stop                   the server's role ends
 *
 * The result is the same text as it really happens.
 */
export function happens(transcript: string, server = new TestServer()): string {
  const lines = linesOf(transcript);
  const talk = new Talk(server);
  return lines
    .filter((line) => !SEEN.test(line))
    .flatMap((line) => [line, ...talk.step(line)])
    .join("\n");
}

export function linesOf(transcript: string): string[] {
  return transcript
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

class Talk {
  private readonly server: TestServer;
  private readonly clients = new Map<string, TestClient>();

  constructor(server: TestServer) {
    this.server = server;
  }

  step(line: string): string[] {
    if (line.startsWith("clients ")) {
      this.join(line.split(" ").slice(1));
      return [];
    }
    this.act(line);
    return [...this.clients].flatMap(([name, client]) => client.news().map((news) => `${name}< ${news}`));
  }

  private act(line: string): void {
    const { server } = this;
    const [first = "", verb = "", rest = ""] = line.split(/ (.*?)(?: |$)(.*)/s);
    if (first.endsWith(":")) return this.say(first.slice(0, -1), line.slice(first.length + 1));
    if (first === "flush") return server.flush();
    if (first === "at") return server.at(Number(verb));
    if (first === "stop") return server.stop();
    if (verb === "opens") return this.open(first, rest);
    if (verb === "hangs") return server.hangUp(this.client(first).link);
    if (verb === "drained") return server.drain(this.client(first).link);
    if (verb === "slow") {
      this.client(first).link.isSlow = true;
      return;
    }
    throw new Error(`not a line of a transcript: ${line}`);
  }

  private join(names: readonly string[]): void {
    for (const name of names) this.say(name, "connect");
    this.server.flush();
    for (const name of names) this.client(name).news();
  }

  private open(name: string, address: string): void {
    this.clients.set(name, new TestClient(this.server.accept(address === "" ? undefined : address)));
  }

  private say(name: string, words: string): void {
    if (!this.clients.has(name)) this.open(name, "");
    const client = this.client(name);
    const sessionOf = (other: string): bigint => this.clients.get(other)?.sessionId ?? BigInt(other);
    const frames = words
      .trim()
      .split("; ")
      .map((request) => client.encode(request, sessionOf));
    this.server.arrive(client.link, concatBytes(frames));
  }

  private client(name: string): TestClient {
    const client = this.clients.get(name);
    if (client === undefined) throw new Error(`there is no client ${name}`);
    return client;
  }
}

const SEEN = /^\w+< /;
