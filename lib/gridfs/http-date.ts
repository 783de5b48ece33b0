const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = MONTHS.join('|');
const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;
const SHORT_DAY = 'Mon|Tue|Wed|Thu|Fri|Sat|Sun';
const LONG_DAY = 'Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday';

/** RFC 9110, 5.6.7: "A recipient that parses a timestamp value in an HTTP field MUST accept all three formats." */
const FORMATS = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(`^(?:${SHORT_DAY}), (?<day>\\d\\d) (?<month>${MONTH}) (?<year>\\d{4}) ${TIME} GMT$`),
  // Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(`^(?:${LONG_DAY}), (?<day>\\d\\d)-(?<month>${MONTH})-(?<year>\\d\\d) ${TIME} GMT$`),
  // Sun Nov  6 08:49:37 1994
  new RegExp(`^(?:${SHORT_DAY}) (?<month>${MONTH}) (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
];

/**
 * Reads a date of HTTP.
 *
 * `Date.parse` is no choice: it reads nearly any text with a number in it, and what is not an HTTP date is to be ignored.
 *
 * @param now milliseconds since 1970; what the century of a year with two digits is taken from
 * @returns milliseconds since 1970, in whole seconds; undefined for anything else than an HTTP date
 * @see RFC 9110, 5.6.7
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  for (const format of FORMATS) {
    const parts = format.exec(text)?.groups;
    if (parts !== undefined) return fromParts(parts as Record<string, string>, now);
  }
  return undefined;
}

function fromParts(parts: Record<string, string>, now: number): number | undefined {
  const month = MONTHS.indexOf(parts.month!);
  const [day, hour, minute, second] = [parts.day, parts.hour, parts.minute, parts.second].map(Number);
  // A leap second, :60, is one of the grammar; it is read as the second after.
  if (hour! > 23 || minute! > 59 || second! > 60) return undefined;
  const midnight = Date.UTC(fullYear(parts.year!, now), month, day);
  if (new Date(midnight).getUTCDate() !== day) return undefined;
  return midnight + ((hour! * 60 + minute!) * 60 + second!) * 1000;
}

/** "more than 50 years in the future" means "the most recent year in the past that had the same last two digits". */
function fullYear(year: string, now: number): number {
  if (year.length === 4) return Number(year);
  const current = new Date(now).getUTCFullYear();
  const inThisCentury = current - (current % 100) + Number(year);
  return inThisCentury > current + 50 ? inThisCentury - 100 : inThisCentury;
}

/** Writes a date as HTTP has it, in GMT and without the milliseconds. */
export function formatHttpDate(milliseconds: number): string {
  return new Date(milliseconds).toUTCString();
}
