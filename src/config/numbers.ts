import type { Problem } from "./configError.ts";

/** Java's `Integer.parseInt`: decimal with an optional sign, 32 bits. */
export function parseJavaInt(text: string): number | undefined {
  const value = parseJavaLong(text);
  return value !== undefined && BigInt.asIntN(32, value) === value ? Number(value) : undefined;
}

/** Java's `Long.parseLong`, in base ten or sixteen. */
export function parseJavaLong(text: string, radix: 10 | 16 = 10): bigint | undefined {
  const match = (radix === 10 ? /^([+-]?)(\d+)$/ : /^([+-]?)([0-9a-fA-F]+)$/).exec(text);
  return match === null ? undefined : signed64(match[1] ?? "", `${radix === 10 ? "" : "0x"}${match[2]}`);
}

/** Java's `Long.decode`, which `Integer.getInteger` and `Long.getLong` use: decimal, `0x`, `#`, and octal after a 0. */
export function decodeJavaLong(text: string): bigint | undefined {
  const hex = /^([+-]?)(?:0[xX]|#)([0-9a-fA-F]+)$/.exec(text);
  if (hex !== null) return signed64(hex[1] ?? "", `0x${hex[2]}`);
  const octal = /^([+-]?)0([0-7]+)$/.exec(text);
  if (octal !== null) return signed64(octal[1] ?? "", `0o${octal[2]}`);
  return /^[+-]?0\d/.test(text) ? undefined : parseJavaLong(text);
}

/** Java's `Double.parseDouble` for what people write: blanks around, decimal, exponent. */
export function parseJavaDouble(text: string): number | undefined {
  const trimmed = text.trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?$/.test(trimmed)
    ? Number(trimmed.replace(/[fFdD]$/, ""))
    : undefined;
}

/** The words of Java's NumberFormatException. */
export function notANumber(text: string, allowed: string): Problem {
  return { why: `For input string: "${text}"`, allowed };
}

export function portProblem(port: number): Problem | undefined {
  return port >= 0 && port <= 65535 ? undefined : { why: `port out of range:${port}`, allowed: "a port, 0 to 65535" };
}

function signed64(sign: string, magnitude: string): bigint | undefined {
  const value = sign === "-" ? -BigInt(magnitude) : BigInt(magnitude);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}
