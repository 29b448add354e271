import { createServer, type Server, type Socket, connect as tcp } from "node:net";

/** For tests: stands before a server; its connections can be cut, and new ones refused. */
export class Relay {
  private readonly target: number;
  private readonly listener: Server;
  private readonly sockets = new Set<Socket>();
  private isOpen = true;

  static async before(target: number): Promise<Relay> {
    const relay = new Relay(target);
    await new Promise<void>((resolve) => relay.listener.listen(0, "127.0.0.1", resolve));
    return relay;
  }

  private constructor(target: number) {
    this.target = target;
    this.listener = createServer((socket) => this.accepted(socket));
  }

  get port(): number {
    const address = this.listener.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Ends all connections, and those to come until `mend`. */
  cut(): void {
    this.isOpen = false;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isOpen = true;
  }

  close(): void {
    this.cut();
    this.listener.close();
  }

  private accepted(near: Socket): void {
    if (!this.isOpen) return void near.destroy();
    const far = tcp(this.target, "127.0.0.1");
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(socket);
      socket.on("data", (chunk) => other.write(chunk));
      socket.on("error", () => {});
      socket.on("close", () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
