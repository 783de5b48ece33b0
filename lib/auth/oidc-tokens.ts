import { ConfigurationError } from '../errors/usage-errors.js';
import type { Credential } from '../options/credential.js';
import { environmentToken } from './oidc-environments.js';
import type { IdPInfo, OIDCCallbackFunction, OIDCCallbackParams, OIDCResponse } from './oidc-types.js';

/** "The timeout duration MUST be 5 minutes. This is to account for the human interaction." */
export const HUMAN_PATIENCE_MS = 5 * 60_000;

/**
 * The "Client Cache": the last access token, and for people what belongs to it. However many connections ask at the same
 * time, the provider is asked once.
 *
 * @see MongoDB Authentication specification, "Credential Caching"
 */
export class OIDCTokens {
  accessToken: string | undefined;
  refreshToken: string | undefined;
  idpInfo: IdPInfo | undefined;
  readonly #credential: Credential;
  readonly #fromEnvironment: typeof environmentToken;
  /** Who asks next waits for it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(credential: Credential, fromEnvironment = environmentToken) {
    this.#credential = credential;
    this.#fromEnvironment = fromEnvironment;
  }

  /** Forgets a token, unless another has taken its place already. */
  invalidate(token: string | undefined): void {
    if (this.accessToken === token) this.accessToken = undefined;
  }

  /**
   * The access token that is known, or else a new one of the environment or the callback.
   *
   * @param connectTimeoutMS how long the callback has; 0 for no limit
   * @throws ConfigurationError for what is no token; what the callback throws
   */
  get(connectTimeoutMS: number): Promise<{ readonly token: string; readonly isCached: boolean }> {
    return this.#inTurn(async () => {
      if (this.accessToken !== undefined) return { token: this.accessToken, isCached: true };
      this.accessToken = await this.#ofMachine(connectTimeoutMS);
      return { token: this.accessToken, isCached: false };
    });
  }

  /**
   * As `get`, of a person.
   *
   * @param idpInfo what the server has told; undefined to go by what is known of an earlier sign-in, and its refresh token
   * @returns undefined where nothing is known of an earlier one
   */
  ofPerson(idpInfo?: IdPInfo): Promise<string | undefined> {
    return this.#inTurn(async () => {
      if (this.accessToken !== undefined) return this.accessToken;
      if (idpInfo !== undefined) this.idpInfo = idpInfo;
      // "Drivers MUST NOT pass a cached refresh token to the callback when performing a new Two-Step conversation."
      const refreshToken = idpInfo === undefined ? this.refreshToken : undefined;
      if (idpInfo === undefined && refreshToken === undefined) return undefined;
      this.refreshToken = undefined;
      const given = await this.#call(this.#credential.properties.OIDC_HUMAN_CALLBACK, HUMAN_PATIENCE_MS, {
        ...(this.idpInfo === undefined ? {} : { idpInfo: this.idpInfo }),
        ...(refreshToken === undefined ? {} : { refreshToken }),
      });
      this.refreshToken = given.refreshToken;
      this.accessToken = given.accessToken;
      return given.accessToken;
    });
  }

  async #ofMachine(timeoutMS: number): Promise<string> {
    const { ENVIRONMENT, OIDC_CALLBACK } = this.#credential.properties;
    if (ENVIRONMENT !== undefined) return this.#fromEnvironment(this.#credential);
    return (await this.#call(OIDC_CALLBACK, timeoutMS, {})).accessToken;
  }

  async #call(
    callback: OIDCCallbackFunction,
    timeoutMS: number,
    more: Partial<OIDCCallbackParams>,
  ): Promise<OIDCResponse> {
    const { username } = this.#credential;
    const timeoutContext = timeoutMS === 0 ? new AbortController().signal : AbortSignal.timeout(timeoutMS);
    const given = await untilAborted(timeoutContext, async () =>
      callback({
        ...{ timeoutContext, callbackTimeoutMS: timeoutMS, version: 1 },
        ...(username === undefined ? {} : { username }),
        ...more,
      }),
    );
    return checkResponse(given);
  }

  /** One after the other: who comes second finds what the first one got. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    // Its failure is told to whoever asked; the next one tries for itself.
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** A callback that never ends must not hold up all that come after it. */
function untilAborted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const over = (): void => reject(new ConfigurationError('MONGODB-OIDC: the callback gave no token in time'));
    signal.addEventListener('abort', over, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', over));
  });
}

/** Without what was given in the message: it may be a token in the wrong place. */
function checkResponse(given: unknown): OIDCResponse {
  const { accessToken, expiresInSeconds, refreshToken } = (given ?? {}) as Partial<Record<keyof OIDCResponse, unknown>>;
  const wrong = (expected: string): never => {
    throw new ConfigurationError(`MONGODB-OIDC: the callback must give { accessToken, ... }: ${expected}`);
  };
  if (typeof accessToken !== 'string' || accessToken === '') return wrong('accessToken must be a string, not empty');
  if (expiresInSeconds !== undefined && !(typeof expiresInSeconds === 'number' && expiresInSeconds >= 0)) {
    return wrong('expiresInSeconds must be a number from 0');
  }
  if (refreshToken !== undefined && typeof refreshToken !== 'string') return wrong('refreshToken must be a string');
  return { accessToken, ...(refreshToken === undefined ? {} : { refreshToken }) };
}
