import { javaDouble } from "./javaDouble.ts";

// Recorded from Java 17's Double.toString.
test.each([
  [0, "0.0"],
  [-0, "-0.0"],
  [1, "1.0"],
  [0.5, "0.5"],
  [275.2857, "275.2857"],
  [0.001, "0.001"],
  [0.0009, "9.0E-4"],
  [0.00012, "1.2E-4"],
  [9999999, "9999999.0"],
  [10000000, "1.0E7"],
  [12500000.5, "1.25000005E7"],
  [-2.5, "-2.5"],
])("%d is %s", (value, text) => expect(javaDouble(value)).toBe(text));
