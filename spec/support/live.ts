const NAME = /^[A-Za-z0-9_-]{1,24}$/;
let made = 0;

/**
 * The URI of the server that this run's live tests share.
 *
 * @throws Error outside of the `live` project, whose set-up starts or takes that server.
 */
export function testUri(): string {
  const uri = process.env.ROTOR_TEST_URI;
  if (!uri) throw new Error('ROTOR_TEST_URI is not set: live tests run as `npx jest --selectProjects live`');
  return uri;
}

/** The URI of the one server of `testUri()` that takes writes, for what is about a single server, its pool or its URI. */
export function testServerUri(): string {
  return process.env.ROTOR_TEST_SERVER_URI ?? testUri();
}

/** What errors and events call a server by: `host:port`, or the path of its unix socket. */
export const ADDRESS = /^\S+:\d+$|^\/\S+\.sock$/;

/**
 * A database name that no other test file, worker or run uses, so that live tests run side by side on one server.
 *
 * @param name what the test file is about: 1 to 24 letters, digits, `_` or `-`.
 * @example
 * const db = client.db(uniqueDatabase('cursor'));
 */
export function uniqueDatabase(name: string): string {
  if (!NAME.test(name)) {
    throw new TypeError(`name: expected 1 to 24 letters, digits, "_" or "-", got ${JSON.stringify(name)}`);
  }
  const run = process.env.ROTOR_TEST_RUN ?? 'alone';
  // Every test file has a copy of this module, workers are told apart by their id, and files of one worker by the time.
  const file = `${process.env.JEST_WORKER_ID ?? '0'}${Date.now().toString(36)}${made++}`;
  return `rotor_${run}_${name}_${file}`;
}
