/**
 * Extended JSON in one spelling, for comparison: no white space, and doubles by their value, as "the exponent's format
 * differs by language" (1.2E+3 and 1200.0 are the same number). Field order counts. A plain
 * number has one zero, as `JSON.stringify` writes no other; a `$numberDouble` has two.
 *
 * @throws SyntaxError for text that is not JSON.
 */
export function canonicalJSON(text: string): string {
  return write(JSON.parse(text));
}

function write(value: any): string {
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const keys = Object.keys(value);
  if (keys.length === 1 && typeof value.$numberDouble === 'string') return `<double ${double(value.$numberDouble)}>`;
  return `{${keys.map((key) => `${JSON.stringify(key)}:${write(value[key])}`).join(',')}}`;
}

function double(text: string): string {
  const number = Number(text);
  if (Number.isNaN(number) && text !== 'NaN') return text; // not a number, and not the one called NaN
  return Object.is(number, -0) ? '-0' : String(number);
}
