import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { ConnectionFailureError } from '../../lib/errors/connection-errors.js';
import { connectTo } from '../../lib/net/connect-to.js';
import { isLasting } from '../../lib/net/tls-failure.js';
import type { Connect, Transport } from '../../lib/net/transport.js';
import type { ClientOptions } from '../../lib/options/client-options.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { type Pair, selfSigned, TestAuthority } from '../support/deployment/test-authority.js';
import { opMsg } from '../support/reply-bytes.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { Events } from './observed-events.js';
import { stapleFor } from './staple.js';
import { TLSFront } from './tls-front.js';

const never = new AbortController().signal;
const DAY_MS = 86_400_000;
const ago = (days: number): Date => new Date(Date.now() - days * DAY_MS);

let authority: TestAuthority;
let pair: Pair;
let behind: ScriptedServer;
const open: Transport[] = [];

beforeAll(async () => {
  authority = await TestAuthority.make();
  pair = await authority.certify();
});
beforeEach(async () => {
  behind = await ScriptedServer.listen(() => ({ ok: 1 }));
});
afterEach(async () => {
  for (const transport of open.splice(0)) transport.destroy();
  await behind.close();
});

function way(port: number, options: ClientOptions, host = '127.0.0.1'): Connect {
  return connectTo(resolveOptions(`mongodb://${host}:${port}/`, { tls: true, ...options }))(`${host}:${port}`);
}

async function reach(connect: Connect, events = new Events()): Promise<Transport> {
  const transport = await connect(events, never);
  open.push(transport);
  return transport;
}

/** Once the server has answered, the session is there and the server's side of the connection, too. */
async function talk(connect: Connect): Promise<void> {
  const events = new Events();
  write(await reach(connect, events));
  await events.until(() => events.messages.length === 1);
}

const write = (transport: Transport, requestId = 1, text = ''): boolean =>
  transport.write(opMsg({ ping: 1, text }, { requestId }));

async function failureOf(connect: Connect, signal = never): Promise<Error> {
  const error = await connect(new Events(), signal).then(
    () => new Error('nothing failed'),
    (reason: Error) => reason,
  );
  expect(error).toBeInstanceOf(ConnectionFailureError);
  expect(error.message).toMatch(/^cannot connect to \S+ over TLS: /);
  return error;
}

describe('tlsConnect', () => {
  it('carries requests and replies of every size', async () => {
    await using front = await TLSFront.listen(pair, behind);
    const events = new Events();
    const transport = await reach(way(front.port, { ca: authority.cert }), events);
    const sizes = [10, 15_000, 100_000, 3_000_000, 20];
    // What is said to be out is: its memory may be used again at once.
    for (const [index, size] of sizes.entries()) {
      const bytes = opMsg({ ping: 1, text: 'x'.repeat(size) }, { requestId: index + 1 });
      if (transport.write(bytes)) bytes.fill(0);
    }
    await events.until(() => events.messages.length === sizes.length);
    expect(events.messages.map((message) => message.readInt32LE(8))).toEqual([1, 2, 3, 4, 5]);
    expect(behind.requests.map(({ command }) => command.text.length)).toEqual(sizes);
    expect(behind.failures).toEqual([]);
  });

  it('resumes the session on the second connection and those after it', async () => {
    await using front = await TLSFront.listen(pair, behind);
    const connect = way(front.port, { ca: authority.cert });
    for (let i = 0; i < 3; i++) await talk(connect);
    expect(front.resumed).toEqual([false, true, true]);
  });

  it('resumes a session of TLS 1.2, too', async () => {
    await using front = await TLSFront.listen({ ...pair, maxVersion: 'TLSv1.2' }, behind);
    const connect = way(front.port, { ca: authority.cert });
    for (let i = 0; i < 2; i++) await talk(connect);
    expect(front.resumed).toEqual([false, true]);
  });

  it('names the host (SNI), or what servername says, and never an address', async () => {
    await using front = await TLSFront.listen(pair, behind);
    const ca = authority.cert;
    await talk(way(front.port, { ca, family: 4 }, 'localhost'));
    await talk(way(front.port, { ca }, '127.0.0.1'));
    await talk(way(front.port, { ca, servername: 'localhost' }, '127.0.0.1'));
    const names = front.accepted.map(({ servername }: { servername?: unknown }) => servername);
    expect(names).toEqual(['localhost', false, 'localhost']);
  });

  it('shows the certificate of the client', async () => {
    const client = await authority.certify({ fields: { CN: 'ada' }, isClient: true });
    const demands = { ...pair, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
    await using front = await TLSFront.listen(demands, behind);
    await talk(way(front.port, { ca: authority.cert, ...client }));
    expect(front.accepted[0]!.getPeerCertificate().subject.CN).toBe('ada');
  });

  it('tells of the end, and of what breaks', async () => {
    await using front = await TLSFront.listen(pair, behind);
    const connect = way(front.port, { ca: authority.cert });
    const events = new Events();
    behind.handler = ({ requestId }, { write: reply, socket }) => {
      reply(opMsg({ ok: 1 }, { responseTo: requestId }));
      socket.end();
      return 'hang';
    };
    write(await reach(connect, events));
    await events.until(() => events.told.length > 0);
    expect(events.told).toEqual([['closed', undefined]]);
    const spoilt = new Events();
    behind.handler = () => Buffer.alloc(16);
    write(await reach(connect, spoilt));
    await spoilt.until(() => spoilt.told.length > 0);
    expect(spoilt.told).toEqual([['broken', expect.stringContaining('claims to be 0 bytes')]]);
  });

  it('is given up by its signal', async () => {
    const mute = net.createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as net.AddressInfo;
    const attempt = new AbortController();
    const failed = failureOf(way(port, {}), attempt.signal);
    await once(mute, 'connection');
    attempt.abort(new Error('enough'));
    expect((await failed).message).toContain('enough');
    mute.close();
    await failureOf(way(port, {}), AbortSignal.abort(new Error('never begun')));
  });
});

describe('a server that is not who it should be', () => {
  it.each<[string, () => Promise<Pair>, string, string]>([
    ['expired', () => authority.certify({ notBefore: ago(10), notAfter: ago(1) }), 'CERT_HAS_EXPIRED', 'has expired'],
    ['not valid yet', () => authority.certify({ notBefore: ago(-1) }), 'CERT_NOT_YET_VALID', 'is not valid yet'],
    ['self-signed', () => selfSigned(), 'DEPTH_ZERO_SELF_SIGNED_CERT', 'has signed its certificate itself'],
    [
      'of an unknown authority',
      async () => (await TestAuthority.make('Others')).certify(),
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'no trusted authority has signed its certificate: name the one that has in tlsCAFile',
    ],
    [
      'for other hosts',
      () => authority.certify({ names: ['elsewhere'], addresses: [] }),
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'its certificate is for other hosts',
    ],
  ])('%s', async (_name, certify, code, words) => {
    await using front = await TLSFront.listen(await certify(), behind);
    const error = await failureOf(way(front.port, { ca: authority.cert }));
    expect(error.cause).toMatchObject({ code });
    expect(error.message).toContain(words);
    expect(isLasting(error)).toBe(true);
    expect(front.accepted.every((socket) => socket.bytesRead === 0)).toBe(true);
    await reach(way(front.port, { ca: authority.cert, tlsInsecure: true }));
    const isHost = code === 'ERR_TLS_CERT_ALTNAME_INVALID';
    if (isHost) await reach(way(front.port, { ca: authority.cert, tlsAllowInvalidHostnames: true }));
    else await failureOf(way(front.port, { ca: authority.cert, tlsAllowInvalidHostnames: true }));
  });

  it('revoked', async () => {
    await using front = await TLSFront.listen(pair, behind);
    const ca = authority.cert;
    const crl = await authority.revoke([pair]);
    const error = await failureOf(way(front.port, { ca, crl }));
    expect(error.message).toContain('its certificate has been revoked (tlsCRLFile)');
    await reach(way(front.port, { ca, crl: await authority.revoke([]) }));
    await reach(way(front.port, { ca, crl, tlsDisableCertificateRevocationCheck: true }));
    const stale = await failureOf(way(front.port, { ca, crl: await authority.revoke([], ago(0.5)) }));
    expect(stale.message).toContain('the list in tlsCRLFile has expired');
    const foreign = await (await TestAuthority.make('Others')).revoke([]);
    expect((await failureOf(way(front.port, { ca, crl: foreign }))).message).toContain('tlsCRLFile has no list');
  });

  it('revoked, as it has stapled itself', async () => {
    await using front = await TLSFront.listen(pair, behind);
    const serial = new X509Certificate(pair.cert).serialNumber;
    let status: 'good' | 'revoked' = 'revoked';
    front.server.on('OCSPRequest', (_certificate, _issuer, answer: (error: null, staple: Buffer) => void) =>
      answer(null, stapleFor({ [serial]: status })),
    );
    const ca = authority.cert;
    const error = await failureOf(way(front.port, { ca }));
    expect(error.message).toContain('its certificate has been revoked, as the OCSP answer says that it has stapled');
    expect(isLasting(error)).toBe(true);
    await talk(way(front.port, { ca, tlsDisableCertificateRevocationCheck: true }));
    status = 'good';
    await talk(way(front.port, { ca }));
  });

  it("refused by the application's own check", async () => {
    await using front = await TLSFront.listen(pair, behind);
    const asked: string[] = [];
    const checkServerIdentity = (host: string): Error | undefined => {
      asked.push(host);
      return asked.length > 1 ? new Error('not today') : undefined;
    };
    const connect = way(front.port, { ca: authority.cert, checkServerIdentity, family: 4 }, 'localhost');
    await reach(connect);
    const other = way(front.port, { ca: authority.cert, checkServerIdentity, family: 4 }, 'localhost');
    const error = await failureOf(other);
    expect(error.message).toContain('checkServerIdentity refuses it (not today)');
    expect([asked, isLasting(error)]).toEqual([['localhost', 'localhost'], true]);
  });
});

describe('a server that wants something else', () => {
  it('a certificate of the client', async () => {
    const demands = { ...pair, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
    await using front = await TLSFront.listen({ ...demands, maxVersion: 'TLSv1.2' }, behind);
    const error = await failureOf(way(front.port, { ca: authority.cert }));
    expect(error.message).toContain('give tlsCertificateKeyFile');
  });

  it('a certificate of the client, said only when the client holds the connection for established', async () => {
    const demands = { ...pair, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
    await using front = await TLSFront.listen({ ...demands, minVersion: 'TLSv1.3' }, behind);
    const events = new Events();
    const transport = await way(front.port, { ca: authority.cert })(events, never);
    write(transport);
    await events.until(() => events.told.length > 0);
    expect(events.told).toEqual([['closed', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED']]);
    expect(events.reasons[0]!.message).toContain(
      "it demands a certificate of the client's: give tlsCertificateKeyFile",
    );
  });

  it('a certificate of the client, and hangs up without a word', async () => {
    await using front = await TLSFront.listen(pair, behind);
    behind.handler = () => 'close';
    const client = await authority.certify({ isClient: true });
    const ends = async (options: ClientOptions): Promise<string | undefined> => {
      const events = new Events();
      write(await reach(way(front.port, { ca: authority.cert, ...options }), events));
      await events.until(() => events.told.length > 0);
      return events.reasons[0]?.message;
    };
    expect(await ends({})).toBe(
      "the server hung up at once: perhaps it demands a certificate of the client's: give tlsCertificateKeyFile",
    );
    expect(await ends(client)).toBeUndefined();
    // Or with what has come already still unread.
    let raw: net.Socket | undefined;
    front.server.on('connection', (socket: net.Socket) => {
      raw = socket;
    });
    behind.handler = () => {
      raw!.resetAndDestroy();
      return 'hang';
    };
    expect(await ends({})).toContain('the server hung up at once: perhaps it demands a certificate');
    expect(await ends(client)).toContain('ECONNRESET');
    behind.handler = ({ requestId }, { write: reply, socket }) => {
      reply(opMsg({ ok: 1 }, { responseTo: requestId }));
      socket.end();
      return 'hang';
    };
    expect(await ends({})).toBeUndefined();
  });

  it('an older version', async () => {
    const old = { ...pair, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await using front = await TLSFront.listen(old, behind);
    const error = await failureOf(way(front.port, { ca: authority.cert }));
    expect(error.message).toContain('it has no version of TLS that the client allows');
    expect(isLasting(error)).toBe(true);
  });

  it('no TLS at all', async () => {
    // What a plain mongod does with bytes that are no message.
    const plain = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (bytes) => {
        if (bytes[0] === 22) socket.resetAndDestroy();
        else socket.write(opMsg({ ok: 1 }, { responseTo: bytes.readInt32LE(4) }));
      });
    });
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const error = await failureOf(way((plain.address() as net.AddressInfo).port, {}));
    expect(error.message).toContain('it answers in plain text: it does not speak TLS, which the option tls');
    expect(isLasting(error)).toBe(true);
    plain.close();
  });

  it('to be left alone: nothing is said that is not known', async () => {
    const rude = net.createServer((socket) => socket.resetAndDestroy()).listen(0, '127.0.0.1');
    await once(rude, 'listening');
    const error = await failureOf(way((rude.address() as net.AddressInfo).port, {}));
    expect(isLasting(error)).toBe(false);
    rude.close();
  });
});
