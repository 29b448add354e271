/**
 * A mean as ZooKeeper prints it: rounded half up to four decimals (BigDecimal of the double, as toFixed does), then Java's
 * `Double.toString`: `0.0`, `2.1406`, `5.0E-4`, `1.25E7`.
 */
export function javaMean(total: number, count: number): string {
  return count === 0 ? "0.0" : javaDouble(Number((total / count).toFixed(4)));
}

/** Java's `Double.toString` of a finite number. */
export function javaDouble(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  if (size >= 1e-3 && size < 1e7) return withPoint(String(value));
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  return `${withPoint(digits)}E${exponent.replace("+", "")}`;
}

function withPoint(digits: string): string {
  return digits.includes(".") ? digits : `${digits}.0`;
}
