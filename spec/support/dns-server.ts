import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** RFC 1035 and RFC 2782. */
const TYPES: Readonly<Record<number, 'TXT' | 'SRV'>> = { 16: 'TXT', 33: 'SRV' };
const HEADER_BYTES = 12;
const NO_SUCH_NAME = 3;
const SERVER_FAILURE = 2;

interface Records {
  readonly SRV: readonly Buffer[];
  readonly TXT: readonly Buffer[];
}

/**
 * A DNS server on the loopback interface, for SRV and TXT records.
 *
 * @example
 * await using dns = await DNSServer.start();
 * dns.srv('_mongodb._tcp.db.example', { name: 'one.example', port: 27017 });
 * const resolver = new Resolver();
 * resolver.setServers([dns.address]);
 */
export class DNSServer implements AsyncDisposable {
  /** Whether it answers, says that it has failed, or says nothing. */
  mood: 'answers' | 'fails' | 'silent' = 'answers';
  /** What it was asked, such as `SRV _mongodb._tcp.db.example`. */
  readonly questions: string[] = [];
  readonly #socket: Socket;
  readonly #zone = new Map<string, Records>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, { port, address }) => {
      const reply = this.#answer(query);
      if (reply !== undefined) socket.send(reply, port, address);
    });
  }

  static async start(): Promise<DNSServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DNSServer(socket);
  }

  /** For `setServers` of a resolver. */
  get address(): string {
    return `127.0.0.1:${(this.#socket.address() as AddressInfo).port}`;
  }

  /** The SRV records of a name from now on. */
  srv(name: string, ...records: readonly { readonly name: string; readonly port: number }[]): void {
    const SRV = records.map((record) => {
      const numbers = Buffer.alloc(6); // priority and weight, which stay 0, and port
      numbers.writeUInt16BE(record.port, 4);
      return Buffer.concat([numbers, labels(record.name)]);
    });
    this.#zone.set(name, { TXT: [], ...this.#zone.get(name), SRV });
  }

  /** The TXT records of a name from now on, each with its strings. */
  txt(name: string, ...records: readonly (readonly string[])[]): void {
    const TXT = records.map((strings) => Buffer.concat(strings.map(counted)));
    this.#zone.set(name, { SRV: [], ...this.#zone.get(name), TXT });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #answer(query: Buffer): Buffer | undefined {
    const end = query.indexOf(0, HEADER_BYTES) + 5; // the root label, then type and class
    const name = readName(query);
    const type = TYPES[query.readUInt16BE(end - 4)];
    this.questions.push(`${type} ${name}`);
    if (this.mood === 'silent') return undefined;
    const records = this.#zone.get(name);
    const found = this.mood === 'answers' && type !== undefined ? (records?.[type] ?? []) : [];
    const header = Buffer.alloc(HEADER_BYTES);
    query.copy(header, 0, 0, 2); // the query's number
    const code = this.mood === 'fails' ? SERVER_FAILURE : records === undefined ? NO_SUCH_NAME : 0;
    header.writeUInt16BE(0x8400 | code, 2); // an answer, from who has the authority
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(found.length, 6);
    const answers = found.map((data) => Buffer.concat([resourceHeader(query, end, data.length), data]));
    return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...answers]);
  }
}

/** The question's name (a pointer to it), type and class, a life of 60 seconds, and the length of the data. */
function resourceHeader(query: Buffer, end: number, length: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  query.copy(header, 2, end - 4, end);
  header.writeUInt32BE(60, 6);
  header.writeUInt16BE(length, 10);
  return header;
}

function readName(query: Buffer): string {
  const names: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    names.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return names.join('.').toLowerCase();
}

function labels(name: string): Buffer {
  return Buffer.concat([...name.split('.').map(counted), Buffer.from([0])]);
}

/** One byte of length, then the text. */
function counted(text: string): Buffer {
  return Buffer.from(`${String.fromCharCode(text.length)}${text}`, 'latin1');
}
