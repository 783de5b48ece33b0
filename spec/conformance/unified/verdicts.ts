/** The ways in which a test of the unified format ends before its time. Any other error is one of the driver's. */

/** What happened is not what the test expects. */
export class Difference extends Error {
  override readonly name = 'Difference';
}

/** The test itself is wrong, or asks for what the format does not know. Never counts as an error that a test expects. */
export class MalformedTestError extends Error {
  override readonly name = 'MalformedTestError';
}

/** The driver does not have a capability yet. The test says nothing about the driver until it has. */
export class NotBuiltYet extends Error {
  override readonly name = 'NotBuiltYet';
  readonly capability: string;

  constructor(capability: string) {
    super(`still to be built: ${capability}`);
    this.capability = capability;
  }
}

/** Whether an error is about the test's course, and not one that the driver raised. */
export function isVerdict(error: unknown): error is Difference | MalformedTestError | NotBuiltYet {
  return error instanceof Difference || error instanceof MalformedTestError || error instanceof NotBuiltYet;
}
