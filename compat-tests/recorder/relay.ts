import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

/** Bytes that went one way over one connection, in the order of all connections of the relay. */
export type Passage = { readonly connection: number; readonly toServer: boolean; readonly bytes: Buffer };

/** A loopback relay that keeps what passes. */
export type Relay = {
  readonly port: number;
  readonly passages: readonly Passage[];
  /** Cuts the connections that are open now; new ones are still taken. */
  drop(): void;
  close(): void;
};

/** Relays a free port to `target`, on the loopback; `rewrite` may change what goes to the target, before it is kept. */
export function startRelay(target: number, rewrite: (bytes: Buffer) => Buffer = (bytes) => bytes): Promise<Relay> {
  const passages: Passage[] = [];
  const open = new Set<Socket>();
  let connections = 0;
  const kept = (passage: Passage): Buffer => {
    passages.push(passage);
    return passage.bytes;
  };
  const server = createServer((near) => {
    connections += 1;
    const connection = connections;
    const far = connect(target, "127.0.0.1");
    pipe(near, far, (bytes) => kept({ connection, toServer: true, bytes: rewrite(bytes) }));
    pipe(far, near, (bytes) => kept({ connection, toServer: false, bytes }));
    for (const socket of [near, far]) open.add(socket.on("close", () => open.delete(socket)));
  });
  const drop = (): void => {
    for (const socket of open) socket.destroy();
  };
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        passages,
        drop,
        close: () => {
          drop();
          server.close();
        },
      });
    });
  });
}

function pipe(from: Socket, to: Socket, keep: (bytes: Buffer) => Buffer): void {
  from.setNoDelay(true);
  from.on("data", (bytes) => {
    to.write(keep(bytes));
  });
  from.on("end", () => to.end());
  from.on("error", () => to.destroy());
}
