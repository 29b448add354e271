/** Exit codes of the server process for a configuration it refuses (operations 1.3): 2 while parsing, 1 while starting. */
export type ConfigExitCode = 1 | 2;

/**
 * A configuration that cannot be used. `message` is one line: the file, the key with its value (or the fact that there is
 * none), Java's words for what is wrong, and what is allowed.
 */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly exitCode: ConfigExitCode;
  readonly key: string;

  constructor(configPath: string, key: string, value: string | undefined, problem: Problem) {
    const subject = value === undefined ? key : `${key}=${value}`;
    super(oneLine(`Error processing ${configPath}: ${subject}: ${problem.why} (allowed: ${problem.allowed})`));
    this.exitCode = problem.exitCode ?? 2;
    this.key = key;
  }
}

export interface Problem {
  /** Java's message, so that what people search for is found. */
  readonly why: string;
  readonly allowed: string;
  readonly exitCode?: ConfigExitCode;
}

/** A value may hold line ends through escapes; a log line must not. */
function oneLine(text: string): string {
  return text.replaceAll("\n", "\\n").replaceAll("\r", "\\r");
}
