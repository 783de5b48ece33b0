import type { Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { Encoder } from '../bson/codec.js';
import type { HostAddress } from '../options/host-address.js';
import { HEADER_SIZE, nextRequestId, OpCode } from '../wire/header.js';
import { MessageWriter } from '../wire/op-msg.js';
import type { Dial } from './transport.js';

/** A server that does not answer in this time is no more puzzling than before. */
const PATIENCE_MS = 2_000;

/**
 * Whether a server speaks TLS: it finishes a handshake, or refuses one in the words of TLS. Nothing is sent to it, so its
 * certificate does not matter. Never rejects.
 */
export function speaksTLS(address: HostAddress, dial: Dial): Promise<boolean> {
  return ask(address, dial, (socket, answer) => {
    const secure: TLSSocket = connect({ socket, rejectUnauthorized: false }, () => answer(true));
    secure.on('error', ({ code = '' }: NodeJS.ErrnoException) => answer(/^ERR_SSL_.*ALERT/.test(code)));
    secure.on('close', () => answer(false));
  });
}

/**
 * Whether a server answers a bare hello, which says nothing of the client, in plain text. Never rejects.
 */
export function speaksPlainly(address: HostAddress, dial: Dial): Promise<boolean> {
  return ask(address, dial, (socket, answer) => {
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < HEADER_SIZE) return;
      const opCode = received.readInt32LE(12);
      answer(opCode === OpCode.msg || opCode === OpCode.reply);
    });
    socket.write(bareHello());
  });
}

type Question = (socket: Socket, answer: (yes: boolean) => void) => void;

async function ask(address: HostAddress, dial: Dial, question: Question): Promise<boolean> {
  const attempt = new AbortController();
  let socket: Socket | undefined;
  const timer = setTimeout(() => attempt.abort(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  try {
    const opened = await dial(address, attempt.signal);
    socket = opened;
    return await new Promise<boolean>((answer) => {
      attempt.signal.addEventListener('abort', () => answer(false));
      opened.on('error', () => answer(false));
      opened.on('close', () => answer(false));
      question(opened, answer);
    });
  } catch {
    // It cannot even be reached: then that is what the next connection fails by.
    return false;
  } finally {
    clearTimeout(timer);
    socket?.destroy();
  }
}

function bareHello(): Buffer {
  const limits = { maxMessageSizeBytes: 1024, maxWriteBatchSize: 1, maxBsonObjectSize: 1024 };
  const hello = { isMaster: 1, $db: 'admin' };
  return new MessageWriter().write(nextRequestId(), 0, hello, new Encoder(), undefined, 0, limits);
}
