import type { ServerEvent } from "../../server/events.ts";
import type { DiskEvent } from "../../store/commands.ts";
import { PacketType } from "../../wire/peer/packets.ts";
import type { Call, Fired, SimClient } from "../world/client.ts";
import type { Answer } from "../world/clientOps.ts";
import { answerText, type ClusterWatcher, diskText, firedText } from "../world/cluster.ts";
import type { Node } from "../world/node.ts";
import { packetText, type TappedPacket } from "../world/wiretap.ts";

/**
 * What happened, as a reader of a scenario wants it: packets of the quorum ports but pings, what reached disks, who serves and
 * who gives up, and what clients hear. Several messages share a line while there is room.
 */
export class Transcript implements ClusterWatcher {
  isQuiet = false;
  private messages: string[] = [];

  /** The messages since the last call, wrapped. */
  take(): readonly string[] {
    const lines: string[] = [];
    for (const message of this.messages) {
      const before = lines.at(-1);
      const joined = `${before}    ${message}`;
      if (before === undefined || before.endsWith("\n") || joined.length > WIDTH) lines.push(message);
      else lines[lines.length - 1] = joined;
    }
    this.messages = [];
    return lines.map((line) => line.trimEnd());
  }

  /** How many messages are waiting to be taken that hold the text. */
  count(text: string): number {
    return this.messages.filter((message) => message.includes(text)).length;
  }

  say(message: string): void {
    if (!this.isQuiet) this.messages.push(message);
  }

  /** Each on a line of its own. */
  sayAll(lines: readonly string[]): void {
    for (const line of lines) this.messages.push(`${line}\n`);
  }

  packet({ from, to, packet }: TappedPacket): void {
    if (packet.type !== PacketType.ping) this.say(`${from.slice(1)}->${to.slice(1)} ${packetText(packet)}`);
  }

  observed(node: Node, event: ServerEvent): void {
    if (event.name === "peer.serving") this.say(`${node.id} serves`);
    if (event.name === "peer.left") this.say(`${node.id} leaves: ${event.message}`);
    if (event.name === "clients.ahead") this.say(`${node.id} refuses a client that is ahead`);
  }

  diskAnswered(node: Node, event: DiskEvent): void {
    if (event.kind !== "drained") this.say(`${node.id} ${diskText(event)}`);
  }

  ended(node: Node, code: number, reason: string): void {
    this.say(`${node.id} ends with ${code}: ${reason}`);
  }

  connected(client: SimClient, resumed: boolean): void {
    this.say(`client ${numberOf(client)}: ${resumed ? "session resumed" : "session begun"}`);
  }

  lost(client: SimClient): void {
    this.say(`client ${numberOf(client)}: connection lost`);
  }

  expired(client: SimClient): void {
    this.say(`client ${numberOf(client)}: session expired`);
  }

  answered(call: Call, answer: Answer): void {
    const read = answer.text === undefined ? "" : ` "${answer.text}"`;
    this.say(`client ${numberOf(call.client)}: ${answerText(call, answer)}${read}`);
  }

  fired(client: SimClient, event: Fired): void {
    this.say(`client ${numberOf(client)}: ${firedText(event)}`);
  }
}

function numberOf(client: SimClient): string {
  return client.name.slice(1);
}

const WIDTH = 120;
