import { describeOptions, type ResolvedOptions } from './resolved-options.js';

/**
 * Options as plain data that may be printed and read: secrets are `***` in it, and not only where it is printed. Warnings are
 * their texts.
 */
export function shownOptions(options: ResolvedOptions): Readonly<Record<string, unknown>> {
  const warnings = options.warnings.map(({ message }) => message);
  return Object.freeze({ ...(shown(describeOptions(options)) as object), warnings });
}

/** Objects that hide secrets say by `toJSON` what may be shown of them. */
function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  const isPlain = Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain) return value;
  const hides = Object.hasOwn(value, 'toJSON') && typeof (value as { toJSON: unknown }).toJSON === 'function';
  const fields = hides ? (value as { toJSON(): object }).toJSON() : value;
  return Object.freeze(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, shown(field)])));
}
