/** `major.minor.patch`; the format compares these three and nothing behind them. */
export type ServerVersion = readonly [major: number, minor: number, patch: number];

/**
 * Reads a version string. Missing components are zero, and what follows the third is dropped.
 *
 * @throws TypeError for what does not begin with a number
 * @see Unified Test Format specification, "Version String"
 */
export function parseVersion(text: string): ServerVersion {
  const found = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text);
  if (found === null) throw new TypeError(`'${text}' is no version: expected such as 4.4 or 8.0.1`);
  return [Number(found[1]), Number(found[2] ?? 0), Number(found[3] ?? 0)];
}

/** Negative where `a` is older, positive where it is newer, 0 where they are the same. */
export function compareVersions(a: string, b: string): number {
  const left = parseVersion(a);
  const right = parseVersion(b);
  for (let index = 0; index < left.length; index++) {
    const difference = left[index]! - right[index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
