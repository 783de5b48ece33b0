/** A version of the server that a façade presents. */
export interface VersionProfile {
  /** The whole version, as buildInfo gives it. */
  readonly version: string;
  /** hello's maxWireVersion. */
  readonly wireVersion: number;
  /** Whether the command `hello` and `helloOk` exist. */
  readonly hello: boolean;
}

/** The wire version of 6.0, which the server behind the façades has. */
export const SERVER_WIRE_VERSION = 17;

/**
 * Wire versions are those of the server's wire_version.h. The patch releases are ones whose behaviour the tests ask
 * for: 4.0.3 is before the command hello (4.0.21), 4.2.25 after it (4.2.10), 4.4.29 takes comments of any type
 * (4.4.14), 7.0.14 knows search indexes (7.0.5), 8.2.1 is the first stable 8.2.
 */
const PROFILES: Readonly<Record<string, VersionProfile>> = {
  '4.0': { version: '4.0.3', wireVersion: 7, hello: false },
  '4.2': { version: '4.2.25', wireVersion: 8, hello: true },
  '4.4': { version: '4.4.29', wireVersion: 9, hello: true },
  '5.0': { version: '5.0.31', wireVersion: 13, hello: true },
  '6.0': { version: '6.0.5', wireVersion: SERVER_WIRE_VERSION, hello: true },
  '7.0': { version: '7.0.14', wireVersion: 21, hello: true },
  '8.0': { version: '8.0.4', wireVersion: 25, hello: true },
  '8.2': { version: '8.2.1', wireVersion: 27, hello: true },
};

/**
 * The profile of a version such as `4.2` or `4.2.25`.
 *
 * @throws Error for a version without a profile.
 */
export function versionProfile(version: string): VersionProfile {
  const [major, minor, patch] = version.split('.');
  const profile = PROFILES[`${major}.${minor}`];
  if (profile === undefined) {
    throw new Error(`version: expected one of ${Object.keys(PROFILES).join(', ')}, got ${JSON.stringify(version)}`);
  }
  return patch === undefined ? profile : { ...profile, version };
}
