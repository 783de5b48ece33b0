// Every test that Rotor does not run or does not satisfy, with the reason. Whatever else fails is a failure.

/** A test that cannot pass. */
export interface Skip {
  /** A file below `source`. */
  readonly file: string;
  readonly tests: readonly string[];
  readonly reason: string;
  /** What the deployment's name begins with, where the tests hold everywhere else. Such tests are run all the same. */
  readonly on?: string;
}

/** A whole suite, or a folder or file of one. */
export interface SuiteMark {
  readonly path: string;
  readonly reason: string;
}

export const SUITE_MARKS: readonly SuiteMark[] = [
  {
    path: 'client-side-encryption',
    reason: 'needs libmongocrypt, a mongocryptd and a cloud key management service',
  },
];

/** The tests for it give a number that no typed array holds, and expect that it is refused. */
export const VALUE_NOT_IN_TYPED_ARRAY =
  'vectors are made from typed arrays, and there is none that holds the number of this test';

export const SKIPS: readonly Skip[] = [
  {
    file: 'client-side-operations-timeout/tests/runCursorCommand.json',
    tests: [
      'Non-tailable cursor iteration timeoutMS is refreshed for getMore if timeoutMode is iteration - failure',
      'Tailable cursor iteration timeoutMS is refreshed for getMore - failure',
      'Tailable cursor awaitData iteration timeoutMS is refreshed for getMore - failure',
    ],
    reason: 'delays one getMore by 60 ms where each may take 100 ms, or has no limit: nothing runs out of time',
  },
  {
    file: 'auth/tests/legacy/connection-string.json',
    tests: ['should throw an exception if username and password provided (MONGODB-AWS)'],
    reason: 'the same file expects that a username and a password of MONGODB-AWS are taken: only one can hold',
  },
  {
    file: 'connection-monitoring-and-pooling/tests/logging/connection-pool-options.json',
    tests: [
      'waitQueueSize should be included in connection pool created message when specified',
      'waitQueueMultiple should be included in connection pool created message when specified',
    ],
    reason: 'both set waitQueueSize, which is for drivers that have it: the line is limited by waitQueueMultiple',
  },
  {
    file: 'change-streams/tests/unified/change-streams-disambiguatedPaths.json',
    tests: [
      'disambiguatedPaths is present on updateDescription when an ambiguous path is present',
      'disambiguatedPaths returns array indices as integers',
    ],
    reason:
      'asks for events as only servers since 6.1 write them: the façade of a newer version passes on what 6.0 writes',
    on: 'replica set façade',
  },
];

/**
 * Why a test is skipped by us.
 *
 * @param file path below `source`.
 * @param deployment what the test ran on; none before it has run.
 * @returns undefined for a test that is to pass.
 */
export function skipReason(file: string, test: string, deployment = ''): string | undefined {
  const skip = SKIPS.find(
    ({ file: path, tests, on }) =>
      path === file && tests.includes(test) && (on === undefined || deployment.startsWith(on)),
  );
  return markOf(file)?.reason ?? skip?.reason;
}

/** The mark of the suite, folder or file that this file lies in. */
export function markOf(file: string, marks: readonly SuiteMark[] = SUITE_MARKS): SuiteMark | undefined {
  return marks.find(({ path }) => file === path || file.startsWith(`${path}/`));
}
