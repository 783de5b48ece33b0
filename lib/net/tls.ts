import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { ConnectionFailureError } from '../errors/connection-errors.js';
import type { HostAddress } from '../options/host-address.js';
import type { TLSSettings } from '../options/resolved-options.js';
import { withoutDeadline } from '../util/ambient-deadline.js';
import { isRevoked } from './ocsp-staple.js';
import { speaksPlainly } from './probe-server.js';
import { pourInto, readInto, SocketTransport } from './socket-transport.js';
import { dialDirectly, keepAliveDelay, type NetworkOptions, socketOptions } from './tcp.js';
import { explainFailure, mismatch, NEEDS_CERTIFICATE, REFUSED_IDENTITY, REVOKED_STAPLE } from './tls-failure.js';
import type { TLSMaterial } from './tls-material.js';
import type { Connect, Dial, TransportEvents } from './transport.js';

/** Up to this size a copy of a message is cheaper than a new slab for the next. */
const COPIED_SIZE = 16 * 1024;

/** What TLS needs to know beside the address. */
export interface TLSOptions {
  readonly settings: TLSSettings;
  /** Shared by all connections of the client. */
  readonly material: TLSMaterial;
  readonly network: NetworkOptions;
  /** Opens the sockets, where something lies between the client and its servers. */
  readonly dial: Dial | undefined;
}

/**
 * Connects over TLS. The connections to one server share its session, so that the second and those after it are opened
 * without the exchange of certificates.
 */
export function tlsConnect(address: HostAddress, options: TLSOptions): Connect {
  let session: Buffer | undefined;
  return async (events, signal) => {
    const { dial, network } = options;
    const secureContext = await options.material.load().catch((cause: Error) => {
      throw new ConnectionFailureError(`cannot connect to ${address} over TLS: ${cause.message}`, { cause });
    });
    const under = await dial?.(address, signal);
    // Its errors are those of the socket over it.
    under?.on('error', () => {});
    const given = { ...secureOptions(address, options.settings), secureContext, ...(session && { session }) };
    try {
      // A signal that was given up meanwhile is not told of any more.
      signal.throwIfAborted();
      const target = { ...given, ...way(address, network, under, events) };
      const socket = await open(address, target, signal, (latest) => {
        session = latest;
      });
      socket.setNoDelay(true);
      socket.setKeepAlive(true, keepAliveDelay(network));
      if (under !== undefined) pourInto(events, socket);
      const ended = (error: Error | undefined): Error | undefined => reasonOfEnd(error, socket, options.settings);
      return new TLSTransport(socket, events, ended);
    } catch (error) {
      session = undefined;
      under?.destroy();
      throw await failure(address, error as NodeJS.ErrnoException, dial ?? dialDirectly(network));
    }
  };
}

/** Node.js reads into memory of the caller's only on sockets that it has opened itself. */
function way(
  address: HostAddress,
  network: NetworkOptions,
  under: Socket | undefined,
  events: TransportEvents,
): ConnectionOptions {
  if (under !== undefined) return { socket: under };
  return Object.assign(socketOptions(address, network), { onread: readInto(events) });
}

/** Who the server must be. */
function secureOptions(
  { host }: HostAddress,
  settings: TLSSettings,
): ConnectionOptions & { readonly requestOCSP: boolean } {
  const { memory, allowInvalidCertificates, allowInvalidHostnames, checkRevocation } = settings;
  // RFC 6066: "Literal IPv4 and IPv6 addresses are not permitted" as names of servers.
  const servername = memory.servername ?? (host === undefined || isIP(host) ? undefined : host);
  return {
    ...(host === undefined ? {} : { host }),
    ...(servername === undefined ? {} : { servername }),
    rejectUnauthorized: !allowInvalidCertificates,
    requestOCSP: checkRevocation && !allowInvalidCertificates,
    checkServerIdentity: allowInvalidHostnames ? () => undefined : identityCheck(memory.checkServerIdentity),
  };
}

function identityCheck(own: ConnectionOptions['checkServerIdentity']): typeof checkServerIdentity {
  if (own === undefined) return checkServerIdentity;
  return (host: string, certificate: PeerCertificate) => {
    const cause = own(host, certificate);
    return cause && Object.assign(new Error(cause.message, { cause }), { code: REFUSED_IDENTITY });
  };
}

/** Rejects with the error of Node.js, or the signal's reason. */
function open(
  address: HostAddress,
  options: ConnectionOptions,
  signal: AbortSignal,
  keep: (session: Buffer) => void,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    // What happens on the socket later is no part of the block in which it was opened.
    const socket = withoutDeadline(() => connect(options));
    // TLS 1.2 gives its session before the server is known to be the right one. It must not be kept before either: who
    // resumes a session is not looked at again.
    let early: Buffer | undefined;
    const wait = (session: Buffer): void => {
      early = session;
    };
    socket.on('session', wait);
    const give = (error: Error): void => {
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      reject(error);
    };
    const giveUp = (): void => give(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('error', give);
    socket.once('OCSPResponse', (staple: Buffer | null) => {
      if (staple === null || !isRevoked(staple, socket.getPeerCertificate().serialNumber)) return;
      give(Object.assign(new Error(`certificate of ${address} revoked`), { code: REVOKED_STAPLE }));
    });
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', giveUp);
      socket.off('error', give);
      socket.off('session', wait).on('session', keep);
      if (early !== undefined) keep(early);
      resolve(socket);
    });
  });
}

async function failure(address: HostAddress, error: NodeJS.ErrnoException, dial: Dial): Promise<Error> {
  const cause = isCut(error) && (await speaksPlainly(address, dial)) ? mismatch('speaksNoTLS', error) : error;
  return new ConnectionFailureError(`cannot connect to ${address} over TLS: ${explainFailure(cause)}`, { cause });
}

function isCut({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}

/**
 * With TLS 1.3 a server may refuse the client's certificate when the client holds the connection for established. One that
 * misses it hangs up with any version, without a word; in order, or not, where hello has come already.
 */
function reasonOfEnd(error: Error | undefined, socket: TLSSocket, settings: TLSSettings): Error | undefined {
  const isUnanswered = socket.bytesRead === 0 && !showsCertificate(settings);
  const isSilent = isUnanswered && (error === undefined || isCut(error));
  if (error === undefined && !isSilent) return undefined;
  const reason = isSilent ? `the server hung up at once: perhaps ${NEEDS_CERTIFICATE}` : explainFailure(error!);
  return Object.assign(new Error(reason, { cause: error }), {
    code: (error as NodeJS.ErrnoException | undefined)?.code,
  });
}

function showsCertificate({ certificateFile, certificateKeyFile, memory }: TLSSettings): boolean {
  const { cert, pfx, secureContext } = memory;
  return [certificateFile, certificateKeyFile, cert, pfx, secureContext].some((given) => given !== undefined);
}

class TLSTransport extends SocketTransport {
  /** Nobody promises when the bytes have been encrypted: small messages go out from a copy. */
  override write(bytes: Buffer): boolean {
    if (bytes.length > COPIED_SIZE) return super.write(bytes);
    super.write(Buffer.from(bytes));
    return true;
  }
}
