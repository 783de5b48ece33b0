import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Document } from 'bson';
import { OP_MSG } from '../reply-bytes.js';
import { resetSocket } from '../reset-socket.js';
import { ByteSource } from './byte-source.js';
import type { Fault } from './fault.js';
import { type FrameHead, peekFrame } from './frame-head.js';
import { isHello, type Layer, type Link, throughLayers } from './layer.js';
import { type Command, type Decoded, decodeCommand, decodeReply, encodeCommand, encodeReply } from './message.js';
import { paceOf, send } from './send.js';
import { spoil } from './spoil.js';

/** What the channels of one listener share. */
export interface ChannelHost {
  readonly layers: readonly Layer[];
  /** The faults that strike this command. */
  strike(command: string, appName: string): Fault[];
  /** Resolves when the member is not partitioned from the clients. */
  passage(): Promise<void>;
}

/** A request that went on to the server. */
interface Exchange {
  readonly faults: readonly Fault[];
  /** Present for decoded requests: gets the reply instead of the client. */
  answered?: (reply: UpstreamReply) => void;
  /** Present for decoded requests: how a reply that follows by itself is treated. */
  readonly command?: Command;
}

interface UpstreamReply {
  readonly head: FrameHead;
  readonly decoded: Decoded<Document>;
}

/** The last reply that the layers had from the server: what they leave as it was goes on as it came. */
interface Heard {
  last?: UpstreamReply;
}

/** Ids of requests that the proxy sends itself, far away from those of drivers. */
const OWN_IDS_START = 0x50000000;
/** Errors of a socket that went away. */
class Gone extends Error {}

/**
 * One client connection and its connection to the server.
 *
 * client ── #requests ──▶ [layers] ──▶ server
 *        ◀── [layers] ◀── #replies ───
 *
 * Messages that no layer wants pass as bytes while they arrive.
 */
export class Channel {
  readonly link: Link;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #fromClient: ByteSource;
  readonly #fromServer: ByteSource;
  readonly #host: ChannelHost;
  /** By the id of the request that is answered; for streamed replies, of the reply before. */
  readonly #exchanges = new Map<number, Exchange>();
  readonly #waiting = new Set<(gone: Gone) => void>();
  #lastId = OWN_IDS_START;

  constructor(id: number, client: Socket, server: Socket, host: ChannelHost) {
    this.#client = client;
    this.#server = server;
    this.#host = host;
    this.link = { id, appName: '', reset: () => this.reset() };
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => {}); // 'close' follows, and ends the channel
    }
    this.#fromClient = new ByteSource(client, () => this.#clientEnded());
    this.#fromServer = new ByteSource(server, () => {});
  }

  /** Carries messages until either side ends. */
  async run(): Promise<void> {
    await Promise.all([
      this.#requests().catch((error) => this.#failed(error)),
      this.#replies().catch((error) => this.#failed(error)),
    ]);
  }

  /** Breaks off both connections. */
  reset(): void {
    resetSocket(this.#client);
    this.#server.destroy();
    this.#release();
  }

  #failed(error: unknown): void {
    this.reset();
    if (!(error instanceof Gone)) process.stderr.write(`proxy: ${(error as Error).stack}\n`);
  }

  #clientEnded(): void {
    // What a client sent without waiting for a reply still has to arrive; what it waited for is of no use any more.
    if (this.#waiting.size > 0) this.#server.destroy();
    else this.#server.end();
    this.#release();
  }

  #release(): void {
    for (const reject of this.#waiting) reject(new Gone());
    this.#waiting.clear();
  }

  async #requests(): Promise<void> {
    for (;;) {
      const head = await peekFrame(this.#fromClient);
      if (head === undefined) return;
      await this.#host.passage();
      const faults = this.#host.strike(head.name, this.link.appName);
      if (cutsAt(faults, 'before request')) return this.reset();
      for (const { spec } of faults) {
        if (spec.kind === 'delay' && spec.at !== 'reply') await setTimeout(spec.ms);
      }
      if (faults.some(({ spec }) => spec.kind === 'silent')) {
        for await (const _ of this.#fromClient.stream(head.length));
        continue;
      }
      const layers = this.#host.layers.filter((layer) => layer.wants(head.name));
      if (layers.length === 0) await this.#pass(head, faults);
      else await this.#decoded(head, faults, layers);
      if (cutsAt(faults, 'after request')) return this.reset();
    }
  }

  async #pass(head: FrameHead, faults: readonly Fault[]): Promise<void> {
    if (!head.moreToCome) this.#exchanges.set(head.requestId, { faults });
    const pace = paceOf(faults);
    for await (const piece of this.#fromClient.stream(head.length)) await send(this.#server, piece, pace);
  }

  async #decoded(head: FrameHead, faults: readonly Fault[], layers: readonly Layer[]): Promise<void> {
    const raw = await this.#fromClient.take(head.length);
    if (raw === undefined) return;
    const request = decodeCommand(raw);
    if (isHello(request.value.name)) this.#noteHandshake(request.value.body);
    const heard: Heard = {};
    const last = (command: Command): Promise<Document | undefined> => this.#ask(command, request, faults, heard);
    const reply = await throughLayers(layers, request.value, last, this.link);
    if (reply === undefined || request.value.unacknowledged || this.#client.destroyed) return;
    const upstream = heard.last;
    const ids = {
      requestId: upstream?.head.requestId ?? ++this.#lastId,
      responseTo: head.requestId,
      moreToCome: upstream?.head.moreToCome ?? false,
    };
    const bytes = encodeReply(reply, request.value.opCode, ids, upstream?.decoded);
    await this.#reply(bytes, faults);
  }

  #noteHandshake(body: Document): void {
    const name: unknown = body.client?.application?.name;
    if (typeof name === 'string') this.link.appName = name;
  }

  /** Sends a command to the server for a layer, and waits for the reply. */
  async #ask(
    command: Command,
    request: Decoded<Command>,
    faults: readonly Fault[],
    heard: Heard,
  ): Promise<Document | undefined> {
    const id = ++this.#lastId;
    const bytes = encodeCommand(command, id, command.name === request.value.name ? request : undefined);
    if (command.unacknowledged) {
      await send(this.#server, bytes, paceOf(faults));
      return undefined;
    }
    if (this.#server.destroyed) throw new Gone(); // nobody would ever answer
    const reply = await new Promise<UpstreamReply>((resolve, reject) => {
      this.#waiting.add(reject);
      const answered = (found: UpstreamReply): void => {
        this.#waiting.delete(reject);
        resolve(found);
      };
      this.#exchanges.set(id, { faults, answered, command: request.value });
      send(this.#server, bytes, paceOf(faults)).then(() => {
        if (cutsAt(faults, 'after request')) this.reset();
      }, reject);
    });
    heard.last = reply;
    return reply.decoded.value;
  }

  async #replies(): Promise<void> {
    for (;;) {
      const head = await peekFrame(this.#fromServer);
      if (head === undefined) break;
      await this.#host.passage();
      const exchange = this.#exchanges.get(head.responseTo);
      this.#exchanges.delete(head.responseTo);
      if (exchange === undefined || exchange.command === undefined) await this.#passReply(head, exchange);
      else {
        const raw = await this.#fromServer.take(head.length);
        if (raw === undefined) break;
        await this.#decodedReply({ head, decoded: decodeReply(raw) }, exchange);
      }
    }
    this.#client.end(); // as the server did, after all that it had said
    this.#release();
  }

  async #passReply(head: FrameHead, exchange: Exchange | undefined): Promise<void> {
    if (exchange !== undefined && head.moreToCome) this.#exchanges.set(head.requestId, exchange);
    const faults = exchange?.faults ?? [];
    if (faults.length === 0) {
      for await (const piece of this.#fromServer.stream(head.length)) await send(this.#client, piece);
      return;
    }
    const raw = await this.#fromServer.take(head.length);
    if (raw !== undefined) await this.#reply(raw, faults);
  }

  async #decodedReply(reply: UpstreamReply, exchange: Exchange): Promise<void> {
    const { head, decoded } = reply;
    const { answered, command, faults } = exchange;
    if (head.moreToCome) this.#exchanges.set(head.requestId, { faults, command: command as Command });
    if (answered !== undefined) {
      answered(reply);
      return;
    }
    // A reply that the server streams: the layers see the command that began it, and this reply.
    const layers = this.#host.layers.filter((layer) => layer.wants((command as Command).name));
    const document = await throughLayers(layers, command as Command, async () => decoded.value, this.link);
    if (document === undefined) return;
    await this.#reply(encodeReply(document, OP_MSG, head, decoded), faults);
  }

  /** Writes a whole reply to the client, in the way the faults leave it. */
  async #reply(bytes: Buffer, faults: readonly Fault[]): Promise<void> {
    await this.#host.passage();
    let reply = bytes;
    for (const fault of faults) {
      if (fault.spec.kind === 'delay' && fault.spec.at === 'reply') await setTimeout(fault.spec.ms);
      reply = spoil(reply, fault);
    }
    const cut = cutsAt(faults, 'inside reply');
    await send(this.#client, cut ? reply.subarray(0, reply.length >> 1) : reply, paceOf(faults));
    if (cut || cutsAt(faults, 'after reply')) {
      this.#client.end(); // FIN: what was sent before arrives in any case
      this.#server.destroy();
    }
  }
}

function cutsAt(faults: readonly Fault[], at: string): boolean {
  return faults.some(({ spec }) => spec.kind === 'cut' && spec.at === at);
}
