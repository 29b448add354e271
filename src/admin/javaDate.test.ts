import { javaDate } from "./javaDate.ts";

// As java.util.Date.toString of Java 17 prints them.
test.each([
  [0, "UTC", "Thu Jan 01 00:00:00 UTC 1970"],
  [1795301281000, "UTC", "Sat Nov 21 22:48:01 UTC 2026"],
  [1795301281999, "Europe/Berlin", "Sat Nov 21 23:48:01 CET 2026"],
  [1782000000000, "Europe/Berlin", "Sun Jun 21 02:00:00 CEST 2026"],
  [1782000000000, "America/New_York", "Sat Jun 20 20:00:00 EDT 2026"],
])("%i in %s", (wallMs, zone, text) => expect(javaDate(wallMs, zone)).toBe(text));

test("in this machine's zone", () => {
  expect(javaDate(1795301281000)).toBe(javaDate(1795301281000, Intl.DateTimeFormat().resolvedOptions().timeZone));
});
