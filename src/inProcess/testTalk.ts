import { connect, type Socket } from "node:net";
import { TestClient } from "../server/testClient.ts";
import { FakeLink } from "../server/testServer.ts";

/** For tests: `TestClient`'s words over a real socket. It pings only when it is told to. */
export class TcpClient {
  private readonly socket: Socket;
  private readonly link = new FakeLink(1, "127.0.0.1");
  private readonly client = new TestClient(this.link);
  private readonly lines: string[] = [];
  private wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Uint8Array) => {
      this.link.writes.push(chunk);
      this.news();
    });
    socket.on("close", () => {
      this.link.state = "closed";
      this.news();
    });
    socket.on("error", () => {});
  }

  /** Connects and says `connect <words>`. */
  static async open(port: number, words = "timeout=30000"): Promise<TcpClient> {
    const socket = connect(port, "127.0.0.1");
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", resolve);
    });
    const client = new TcpClient(socket);
    const answer = await client.ask(`connect ${words}`);
    if (!answer.startsWith("joined")) client.lines.push(answer);
    return client;
  }

  get sessionId(): bigint {
    return this.client.sessionId;
  }

  say(words: string): void {
    this.socket.write(this.client.encode(words, BigInt));
  }

  /** What the server says next, without zxids. */
  async hear(): Promise<string> {
    while (this.lines.length === 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.lines.shift() ?? "";
  }

  /** What has been heard and not been taken yet. */
  get heard(): readonly string[] {
    return this.lines;
  }

  async ask(words: string): Promise<string> {
    this.say(words);
    return this.hear();
  }

  close(): void {
    this.socket.destroy();
  }

  private news(): void {
    this.lines.push(...this.client.news().map((line) => line.replace(/ zxid=\d+/, "")));
    this.wake();
  }
}

/** Until events of the loop have brought it about. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}
