/**
 * An instant as Java's `Date` prints itself: `Sat Nov 21 22:48:01 UTC 2026`. `wallMs` since 1970; in this machine's zone unless
 * another is named. A zone is called by its short English name; where neither American nor British English has one, by its
 * distance, as `GMT+3`.
 */
export function javaDate(wallMs: number, timeZone?: string): string {
  const parts = partsOf(wallMs, timeZone, "en-US");
  const zone = parts.timeZoneName?.startsWith("GMT")
    ? partsOf(wallMs, timeZone, "en-GB").timeZoneName
    : parts.timeZoneName;
  const time = `${parts.hour}:${parts.minute}:${parts.second}`;
  return `${parts.weekday} ${parts.month} ${parts.day} ${time} ${zone} ${parts.year}`;
}

function partsOf(wallMs: number, timeZone: string | undefined, locale: string): Partial<Record<string, string>> {
  const format = new Intl.DateTimeFormat(locale, { ...FIELDS, timeZone });
  return Object.fromEntries(format.formatToParts(wallMs).map(({ type, value }) => [type, value]));
}

const FIELDS = {
  weekday: "short",
  month: "short",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
  year: "numeric",
} as const;
