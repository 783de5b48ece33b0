import type { Document } from '../bson/codec.js';
import { failureIn, isNetworkError, isShutdown, isStateChange } from '../errors/classify.js';
import { ConnectionFailureError, NetworkTimeoutError, PoolClearedError } from '../errors/connection-errors.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import { RotorError } from '../errors/rotor-error.js';
import { topologyVersionOf } from './hello-fields.js';
import { compareTopologyVersions, type ServerDescription, unknownServer } from './server-description.js';

/** An error on a connection that is or was to be used by the application. */
export interface ApplicationError {
  readonly error: Error;
  /** Before: the connection was still being opened, up to the end of its authentication. */
  readonly when: 'beforeHandshake' | 'afterHandshake';
  /** Of the pool when the connection was begun; for a load balancer that of the connection's service. */
  readonly generation: number;
  /** Of the pool, or of the service, now. */
  readonly poolGeneration: number;
  /** Of the connection; 0 where it is not known. */
  readonly maxWireVersion: number;
  /** The service behind a load balancer; undefined where the connection has not heard of it yet. */
  readonly serviceId?: unknown;
}

/** What follows from an error, in this order. */
export interface ErrorEffects {
  /** The server's new description. */
  readonly unknown: ServerDescription | undefined;
  /** Which connections have become useless. */
  readonly clear: 'none' | 'pool' | 'service';
  /** Whether operations that are under way on them fail at once. */
  readonly interrupt: boolean;
  /** Whether the server is asked at once what it is now. */
  readonly check: boolean;
  /** Whether the check that is under way is given up, as its connection is likely to be as dead. */
  readonly cancelCheck: boolean;
}

const NONE: ErrorEffects = Object.freeze({
  unknown: undefined,
  clear: 'none',
  interrupt: false,
  check: false,
  cancelCheck: false,
});

/** MongoDB 4.2. Before, a server that changed its state had closed its connections. */
const WIRE_VERSION_OF_KEPT_CONNECTIONS = 8;

/**
 * What an error on the application's connection does to its server. Pure.
 *
 * @param server what is known of the server.
 * @see MongoDB Server Discovery and Monitoring specification, "Application errors"
 */
export function effectsOfError(failed: ApplicationError, server: ServerDescription): ErrorEffects {
  const { error, generation, poolGeneration } = failed;
  // A cleared pool is the consequence of an error that has had its effects.
  if (error instanceof PoolClearedError || generation < poolGeneration) return NONE;
  const reply = replyOf(failed);
  const failure = reply && failureIn(reply);
  if (failure !== undefined && isStateChange(failure)) {
    const closes = isShutdown(failure) || failed.maxWireVersion < WIRE_VERSION_OF_KEPT_CONNECTIONS;
    return effectsOfStateChange(failed, reply!, closes, server);
  }
  if (failed.when === 'afterHandshake') {
    // "A timeout may indicate a slow operation on the server, rather than an unavailable server."
    const saysNothing = error instanceof NetworkTimeoutError || !isNetworkError(error);
    return saysNothing ? NONE : effectsOfBreak(failed, server);
  }
  return isOverload(error) ? NONE : effectsOfBreak(failed, server);
}

/**
 * What a failed check does to its server.
 *
 * @see MongoDB Server Monitoring specification, "Network or command error during server check"
 */
export function effectsOfFailedCheck(error: Error, server: ServerDescription): ErrorEffects {
  const interrupt = error instanceof NetworkTimeoutError;
  return { ...NONE, unknown: unknownServer(server.address, error), clear: 'pool', interrupt };
}

/**
 * What becomes of a primary when a newer one, or a newer election, is found.
 *
 * @param previous what was known of it until then.
 * @see MongoDB Server Discovery and Monitoring specification, "A note on invalidating the old primary"
 */
export function effectsOfDethronement({ maxWireVersion }: ServerDescription): ErrorEffects {
  return { ...NONE, clear: maxWireVersion < WIRE_VERSION_OF_KEPT_CONNECTIONS ? 'pool' : 'none', check: true };
}

/** "Not writable primary" and "node is recovering". */
function effectsOfStateChange(
  { error, serviceId }: ApplicationError,
  reply: Document,
  closes: boolean,
  server: ServerDescription,
): ErrorEffects {
  const topologyVersion = topologyVersionOf(reply.topologyVersion);
  if (compareTopologyVersions(server.topologyVersion, topologyVersion) >= 0) return NONE;
  if (server.type === 'LoadBalancer') return { ...NONE, clear: closes ? ofService(serviceId) : 'none' };
  const unknown = unknownServer(server.address, error, topologyVersion);
  // A server that closes its connections closes the monitor's too: its news would come late, or not at all.
  return { ...NONE, unknown, clear: closes ? 'pool' : 'none', check: true, cancelCheck: closes };
}

/** The connection is gone: so, most likely, are the others. */
function effectsOfBreak({ error, serviceId }: ApplicationError, server: ServerDescription): ErrorEffects {
  if (server.type === 'LoadBalancer') return { ...NONE, clear: ofService(serviceId) };
  return { ...NONE, unknown: unknownServer(server.address, error), clear: 'pool', cancelCheck: true };
}

function ofService(serviceId: unknown): 'none' | 'service' {
  return serviceId === undefined ? 'none' : 'service';
}

/** What the server has answered, to the command or to the handshake. */
function replyOf({ error, when }: ApplicationError): Document | undefined {
  const told = when === 'beforeHandshake' && error instanceof ConnectionFailureError ? error.cause : error;
  return told instanceof OperationFailureError ? told.response : undefined;
}

function isOverload(error: Error): boolean {
  return error instanceof RotorError && error.hasErrorLabel('SystemOverloadedError');
}
