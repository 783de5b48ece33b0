import type { Document } from 'bson';

/** Names of the codes that façades answer with, from the server's error_codes.yml. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'InternalError',
  2: 'BadValue',
  6: 'HostUnreachable',
  7: 'HostNotFound',
  8: 'UnknownError',
  9: 'FailedToParse',
  13: 'Unauthorized',
  14: 'TypeMismatch',
  16: 'InvalidLength',
  18: 'AuthenticationFailed',
  24: 'LockTimeout',
  26: 'NamespaceNotFound',
  43: 'CursorNotFound',
  50: 'MaxTimeMSExpired',
  51: 'ManualInterventionRequired',
  52: 'DollarPrefixedFieldName',
  59: 'CommandNotFound',
  63: 'StaleShardVersion',
  64: 'WriteConcernFailed',
  72: 'InvalidOptions',
  89: 'NetworkTimeout',
  91: 'ShutdownInProgress',
  112: 'WriteConflict',
  133: 'FailedToSatisfyReadPreference',
  134: 'ReadConcernMajorityNotAvailableYet',
  150: 'StaleEpoch',
  189: 'PrimarySteppedDown',
  216: 'NoSuchSession',
  234: 'RetryChangeStream',
  246: 'SnapshotUnavailable',
  251: 'NoSuchTransaction',
  256: 'TransactionCommitted',
  262: 'ExceededTimeLimit',
  267: 'PreparedTransactionInProgress',
  354: 'LoadBalancerSupportMismatch',
  391: 'ReauthenticationRequired',
  462: 'IngressRequestRateLimitExceeded',
  9001: 'SocketException',
  10107: 'NotWritablePrimary',
  11600: 'InterruptedAtShutdown',
  11601: 'Interrupted',
  11602: 'InterruptedDueToReplStateChange',
  13435: 'NotPrimaryNoSecondaryOk',
  13436: 'NotPrimaryOrSecondary',
  31082: 'SearchNotEnabled',
};

/** The reply of a command that failed. A code without a name is called `Location<code>` by the server too. */
export function errorReply(code: number, errmsg: string, more: Document = {}): Document {
  return { ok: 0, errmsg, code, codeName: NAMES[code] ?? `Location${code}`, ...more };
}

export const isFailure = (reply: Document | undefined): boolean => reply !== undefined && Number(reply.ok) !== 1;
