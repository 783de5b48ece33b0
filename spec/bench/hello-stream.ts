// How a server answers a hello that names the topologyVersion it knows: when something changes, or when
// `maxAwaitTimeMS` are over. Here nothing ever changes.

import type { Socket } from 'node:net';
import { type Document, deserialize } from 'bson';
import { TOPOLOGY_VERSION } from './canned-hello.js';
import { MORE_TO_COME, patchReply, type RequestHead } from './frames.js';

/** The awaited hellos of one connection: one at a time, or an endless row of replies where the client allows it (exhaust). */
export class HelloStream {
  readonly #socket: Socket;
  #timer: NodeJS.Timeout | undefined;
  #requestID = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.once('close', () => clearTimeout(this.#timer));
  }

  /** False for a hello that is to be answered at once and once. */
  awaits(frame: Buffer, request: RequestHead, reply: () => Buffer): boolean {
    if (request.legacy || !/^(hello|ismaster)$/i.test(request.command)) return false;
    const { topologyVersion, maxAwaitTimeMS } = deserialize(frame.subarray(request.commandAt), {
      allowObjectSmallerThanBufferSize: true,
    });
    if (topologyVersion === undefined) return false;
    const answer = (responseTo: number): void => {
      const requestID = ++this.#requestID;
      const bytes = patchReply(Buffer.from(reply()), {
        requestID,
        responseTo,
        flags: request.allowsExhaust ? MORE_TO_COME : 0,
      });
      this.#socket.write(bytes);
      // OP_MSG specification, "exhaustAllowed": each further reply answers the one before it.
      if (request.allowsExhaust) this.#timer = setTimeout(answer, maxAwaitTimeMS, requestID);
    };
    const responseTo = frame.readInt32LE(4);
    if (isNews(topologyVersion)) answer(responseTo);
    else this.#timer = setTimeout(answer, maxAwaitTimeMS, responseTo);
    return true;
  }
}

function isNews({ processId, counter }: Document): boolean {
  return !TOPOLOGY_VERSION.processId.equals(processId) || BigInt(counter) < TOPOLOGY_VERSION.counter.toBigInt();
}
