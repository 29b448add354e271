import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { javaArgs } from "./broker.ts";

/** Kafka's own clients: src/KafkaDriver.java in a process of its own, one command at a time. */
export class KafkaDriver {
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly lines: AsyncIterator<string>;
  private said = "";

  /** `login` is name and password, for the ports that want one. */
  constructor(bootstrap: string, login?: readonly [name: string, password: string]) {
    const settings = [`bootstrap.servers=${bootstrap}`, ...(login === undefined ? [] : scram(...login))];
    this.child = spawn("java", javaArgs("KafkaDriver", settings), { stdio: ["pipe", "pipe", "pipe"] });
    this.child.stderr.on("data", (chunk: Buffer) => {
      this.said = (this.said + chunk.toString("utf8")).slice(-MOST_SAID);
    });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** The words of the answer; rejects with the exception's class and message. */
  async ask(...words: readonly (string | number)[]): Promise<readonly string[]> {
    this.child.stdin.write(`${words.join("\t")}\n`);
    const line = await this.lines.next();
    if (line.done === true) throw new Error(`the driver ended during ${words.join(" ")}:\n${this.said}`);
    const [verdict, ...rest] = line.value.split("\t");
    if (verdict !== "ok") throw new KafkaError(words.join(" "), rest[0] ?? "", rest[1] ?? "");
    return rest;
  }

  /** The only word of the answer. */
  async askOne(...words: readonly (string | number)[]): Promise<string> {
    const [word, ...more] = await this.ask(...words);
    if (word === undefined || more.length > 0) throw new Error(`${words.join(" ")}: not one word`);
    return word;
  }

  /** "ok", or the class of the exception. */
  async verdict(...words: readonly (string | number)[]): Promise<string> {
    try {
      await this.ask(...words);
      return "ok";
    } catch (error) {
      if (error instanceof KafkaError) return error.exception;
      throw error;
    }
  }

  close(): void {
    this.child.kill("SIGKILL");
  }
}

/** What a command failed with. */
export class KafkaError extends Error {
  /** Its class in Java, without the package. */
  readonly exception: string;

  constructor(command: string, exception: string, message: string) {
    super(`${command}: ${exception}: ${message}`);
    this.exception = exception;
  }
}

function scram(name: string, password: string): readonly string[] {
  const module = "org.apache.kafka.common.security.scram.ScramLoginModule";
  return [
    "security.protocol=SASL_PLAINTEXT",
    "sasl.mechanism=SCRAM-SHA-256",
    `sasl.jaas.config=${module} required username="${name}" password="${password}";`,
  ];
}

const MOST_SAID = 10_000;
