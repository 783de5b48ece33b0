import { ConfigurationError } from '../errors/usage-errors.js';
import { nearestName } from './nearest-name.js';
import { findOption } from './table.js';

/** @throws ConfigurationError for an option that clients refuse as well */
function refuseFormerOption(name: string, owner: string): void {
  const refused = findOption(name)?.row.refused;
  if (refused !== undefined) throw new ConfigurationError(`option ${name} of ${owner} is not supported: ${refused}`);
}

/** For a method that takes any options: refuses what clients refuse. */
export function refuseFormerOptions(options: object | undefined | null, owner: string): void {
  for (const name in options) refuseFormerOption(name, owner);
}

const warned = new Set<string>();

/**
 * Meets an option that its method does not know. It is warned of once: it may be a slip of the pen, but libraries also pass
 * options on that are not meant for the driver. What the client refuses is refused here too, as it used to change what an
 * operation means.
 *
 * @param name - as it was given
 * @param owner - what took the options, such as `find`
 * @param known - the names that it knows, for a guess
 * @throws ConfigurationError for `safe` and `slaveOk`, in any spelling
 */
export function meetUnknownOption(name: string, owner: string, known: Iterable<string> = []): void {
  refuseFormerOption(name, owner);
  const key = `${owner}.${name}`;
  if (warned.has(key)) return;
  warned.add(key);
  const nearest = nearestName(name.replaceAll('_', ''), known);
  const guess = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  process.emitWarning(`${owner} has no option '${name}': it is ignored${guess}`, {
    type: 'RotorWarning',
    code: 'ROTOR_UNKNOWN_OPTION',
  });
}

/** Meets the options that are not among the known ones. Those that are undefined or null count as not given. */
export function meetUnknownOptions(
  options: Readonly<Record<string, unknown>> | undefined | null,
  known: ReadonlySet<string>,
  owner: string,
): void {
  for (const name in options) {
    if (!known.has(name) && options[name] !== undefined && options[name] !== null)
      meetUnknownOption(name, owner, known);
  }
}
