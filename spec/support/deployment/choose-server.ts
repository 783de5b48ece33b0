/** A server that already runs and belongs to somebody else: it is used, never stopped. */
export interface RunningServer {
  readonly kind: 'running';
  readonly uri: string;
  /** Where it comes from, for the one line that says which server was taken. */
  readonly origin: string;
}

/** A mongod program that is to be started. */
export interface ServerBinary {
  readonly kind: 'binary';
  readonly path: string;
  readonly origin: string;
}

export type ServerChoice = RunningServer | ServerBinary;

/** Why a way led nowhere, in words that stand after the name of the way. */
export interface NoServer {
  readonly kind: 'none';
  readonly reason: string;
}

/** One way to come by a server. A way throws only where a setting that the user made is wrong. */
export interface WayToServer {
  /** How a user would take this way, as the last error lists it. */
  readonly advice: string;
  find(): Promise<ServerChoice | NoServer>;
}

/** No way led to a server: the message lists every way with the reason why it led nowhere. */
export class NoServerError extends Error {
  override readonly name = 'NoServerError';
}

/** Shorthand of a way that led nowhere. */
export function noServer(reason: string): NoServer {
  return { kind: 'none', reason };
}

/**
 * Takes the first way that leads to a server. Later ways are not tried, as they may download something.
 *
 * @param ways in order of preference.
 * @throws NoServerError when no way leads to a server.
 */
export async function chooseServer(ways: readonly WayToServer[]): Promise<ServerChoice> {
  const tried: string[] = [];
  for (const way of ways) {
    const found = await way.find();
    if (found.kind !== 'none') return found;
    tried.push(`  - ${way.advice}: ${found.reason}`);
  }
  throw new NoServerError(
    `No MongoDB server was found. The ways to give one, and why each led nowhere:\n${tried.join('\n')}`,
  );
}
