/** What the identity provider is, as the server tells it. For people who sign in. */
export interface IdPInfo {
  /** A URL that describes the authorization server. */
  readonly issuer: string;
  readonly clientId: string | undefined;
  readonly requestScopes: readonly string[] | undefined;
}

/** What a callback is told. */
export interface OIDCCallbackParams {
  /** Aborted when nobody waits for the token any more. */
  readonly timeoutContext: AbortSignal;
  /** Milliseconds until then; 0 for no limit. */
  readonly callbackTimeoutMS: number;
  /** The version of this interface. */
  readonly version: 1;
  /** The username of the connection string, if it has one. */
  readonly username?: string;
  /** For `OIDC_HUMAN_CALLBACK`. */
  readonly idpInfo?: IdPInfo;
  /** What an earlier call of `OIDC_HUMAN_CALLBACK` gave. */
  readonly refreshToken?: string;
}

/** What a callback gives. */
export interface OIDCResponse {
  readonly accessToken: string;
  /** 0 for no end. */
  readonly expiresInSeconds?: number;
  readonly refreshToken?: string;
}

/** `authMechanismProperties.OIDC_CALLBACK` or `OIDC_HUMAN_CALLBACK`. */
export type OIDCCallbackFunction = (params: OIDCCallbackParams) => Promise<OIDCResponse> | OIDCResponse;
