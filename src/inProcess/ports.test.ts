import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { reservePorts } from "./ports.ts";

test("ports are the holder's until released, listened on or not", async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => reservePorts(10)));
  const ports = all.flatMap((reserved) => reserved.ports);
  expect(new Set(ports).size).toBe(200);
  expect(await Promise.all(ports.map(isReserved))).toEqual(ports.map(() => true));
  await Promise.all(all.map((reserved) => reserved.release()));
  await Promise.all(all.map((reserved) => reserved.release()));
  expect(await Promise.all(ports.map(isReserved))).toEqual(ports.map(() => false));
});

test("what is reserved can be listened on, again and again", async () => {
  const reserved = await reservePorts(1);
  for (let i = 0; i < 3; i++) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(reserved.ports[0], "127.0.0.1", resolve));
    await new Promise((resolve) => server.close(resolve));
  }
  await reserved.release();
});

test("none", async () => {
  const reserved = await reservePorts(0);
  expect(reserved.ports).toEqual([]);
  await reserved.release();
});

function isReserved(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  return new Promise((resolve) => {
    socket.once("error", () => socket.close(() => resolve(true)));
    socket.bind({ port, address: "127.0.0.1", exclusive: true }, () => socket.close(() => resolve(false)));
  });
}
