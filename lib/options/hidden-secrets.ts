import { inspect } from 'node:util';

/** What stands in for a password wherever text is made of one. */
export const MASK = '***';

/** An option of a query. What follows without a "=" is taken for its value's: an ampersand that was not escaped. */
const OPTION = /([?&]([^=&]*)=)[^&]*(?:&[^=&]*(?=&|$))*/g;
const SECRET_NAME = /(?:password|passphrase|authmechanismproperties)$/;

/**
 * Freezes an object and makes `util.inspect`, `console.log` and `JSON.stringify` show `***` for the named fields, and copies
 * of it, also those by `structuredClone`, go without them. Reading a field gives its true value.
 *
 * @param object - a fresh object that nobody else holds
 * @param secrets - the fields to hide
 */
export function hideSecrets<T extends object>(object: T, secrets: readonly string[]): Readonly<T> {
  const shown = (): Record<string, unknown> => {
    return Object.fromEntries(
      entries.map(([key, value]) => [key, secrets.includes(key) && value !== undefined ? MASK : value]),
    );
  };
  const entries = Object.entries(object);
  for (const name of secrets)
    if (Object.hasOwn(object, name)) Object.defineProperty(object, name, { enumerable: false });
  Object.defineProperty(object, inspect.custom, { value: shown });
  Object.defineProperty(object, 'toJSON', { value: shown });
  return Object.freeze(object);
}

/**
 * A connection string as it may be shown: user information is masked whatever its form, and so are the values of options
 * that carry secrets.
 */
export function maskURI(uri: string): string {
  const scheme = /^[a-z+]*:\/\//i.exec(uri)?.[0] ?? '';
  const question = uri.indexOf('?');
  const query = question < 0 ? '' : uri.slice(question).replace(OPTION, masked);
  const rest = question < 0 ? uri.slice(scheme.length) : uri.slice(scheme.length, question);
  // An "@" after the "?" may end a password with an unescaped question mark: then nothing behind the scheme is safe.
  if (query.includes('@')) return `${scheme}${MASK}`;
  return rest.includes('@')
    ? `${scheme}${MASK}@${rest.slice(rest.lastIndexOf('@') + 1)}${query}`
    : scheme + rest + query;
}

function masked(option: string, head: string, name: string): string {
  return isSecretOption(name) ? head + MASK : option;
}

/** Whether an option of a connection string carries a secret. */
export function isSecretOption(name: string): boolean {
  return SECRET_NAME.test(plainName(name));
}

/** As options are found by their names: case, underscores and percent-encoding do not matter. */
function plainName(name: string): string {
  try {
    return decodeURIComponent(name).toLowerCase().replaceAll('_', '');
  } catch {
    // It is no option's name.
    return name;
  }
}
