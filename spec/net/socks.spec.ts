import { ConnectionFailureError } from '../../lib/errors/connection-errors.js';
import { connectTo } from '../../lib/net/connect-to.js';
import { isLasting, misconfiguration } from '../../lib/net/tls-failure.js';
import type { Connect } from '../../lib/net/transport.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { TestAuthority } from '../support/deployment/test-authority.js';
import { opMsg } from '../support/reply-bytes.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { SocksProxy } from '../support/socks-proxy.js';
import { Events } from './observed-events.js';
import { TLSFront } from './tls-front.js';

const never = new AbortController().signal;
const credentials = { username: 'ada', password: 'sesame' };
let server: ScriptedServer;

beforeEach(async () => {
  server = await ScriptedServer.listen(() => ({ ok: 1 }));
});
afterEach(() => server.close());

const through = (proxy: { readonly port: number }, more = '', host = `127.0.0.1:${server.port}`): Connect =>
  connectTo(resolveOptions(`mongodb://${host}/?proxyHost=127.0.0.1&proxyPort=${proxy.port}${more}`, {}))(host);

async function talk(connect: Connect): Promise<void> {
  const events = new Events();
  const transport = await connect(events, never);
  for (const requestId of [1, 2]) transport.write(opMsg({ ping: 1, text: 'x'.repeat(100_000) }, { requestId }));
  await events.until(() => events.messages.length === 2);
  transport.destroy();
}

async function failureOf(connect: Connect, signal = never): Promise<Error> {
  const error = await connect(new Events(), signal).catch((reason: Error) => reason);
  expect(error).toBeInstanceOf(ConnectionFailureError);
  expect((error as Error).message).toMatch(/^cannot connect to \S+ through the proxy 127\.0\.0\.1:\d+: /);
  expect(`${(error as Error).message} ${(error as Error).cause}`).not.toContain('sesame');
  expect(JSON.stringify((error as Error).cause)).not.toContain('sesame');
  return error as Error;
}

describe('through a SOCKS5 proxy', () => {
  it('that asks for nothing', async () => {
    await using proxy = await SocksProxy.listen();
    await talk(through(proxy));
    expect([proxy.targets, proxy.offers]).toEqual([[`127.0.0.1:${server.port}`], [[0]]]);
  });

  it('with a username and a password', async () => {
    await using proxy = await SocksProxy.listen({ credentials });
    await talk(through(proxy, '&proxyUsername=ada&proxyPassword=sesame'));
    // "drivers MUST indicate in the handshake that both [...] are supported"
    expect([proxy.targets.length, proxy.offers.map((methods) => methods.toSorted())]).toEqual([1, [[0, 2]]]);
  });

  it('that looks the name up itself', async () => {
    await using proxy = await SocksProxy.listen({ hosts: { 'db.internal': '127.0.0.1' } });
    await talk(through(proxy, '', `db.internal:${server.port}`));
    expect(proxy.targets).toEqual([`db.internal:${server.port}`]);
  });

  it('over TLS, with the name of the server', async () => {
    const authority = await TestAuthority.make();
    await using front = await TLSFront.listen(await authority.certify({ names: ['db.internal'] }), server);
    await using proxy = await SocksProxy.listen({ hosts: { 'db.internal': '127.0.0.1' } });
    const host = `db.internal:${front.port}`;
    const options = resolveOptions(`mongodb://${host}/?proxyHost=127.0.0.1&proxyPort=${proxy.port}`, {
      ca: authority.cert,
    });
    const connect = connectTo(options)(host);
    for (let i = 0; i < 2; i++) await talk(connect);
    expect(front.accepted.map(({ servername }) => servername)).toEqual(['db.internal', 'db.internal']);
    expect(front.resumed).toEqual([false, true]);
  });

  it('and not to a unix socket, which is here', async () => {
    const path = `/tmp/rotor-socks-${process.pid}.sock`;
    await using local = await ScriptedServer.listen({ path, handler: () => ({ ok: 1 }) });
    const options = resolveOptions(`${local.uri}?proxyHost=127.0.0.1&proxyPort=1`, {});
    await talk(connectTo(options)(path));
  });
});

describe('fails, and says where', () => {
  it.each([
    ['no password', ''],
    ['a wrong password', '&proxyUsername=ada&proxyPassword=sesame2'],
  ])('with %s', async (_name, more) => {
    await using proxy = await SocksProxy.listen({ credentials });
    await failureOf(through(proxy, more));
    expect(proxy.targets).toEqual([]);
  });

  it('where no proxy listens', async () => {
    const proxy = await SocksProxy.listen();
    const { port } = proxy;
    await proxy[Symbol.asyncDispose]();
    expect((await failureOf(through({ port }))).message).toContain('ECONNREFUSED');
  });

  it('where the server does not listen', async () => {
    await using proxy = await SocksProxy.listen();
    await server.stopListening();
    expect((await failureOf(through(proxy))).message).toContain('ConnectionRefused');
  });

  it('where the proxy is silent and the attempt is given up', async () => {
    await using proxy = await SocksProxy.listen({ silent: true });
    const attempt = new AbortController();
    const failed = failureOf(through(proxy), attempt.signal);
    while (proxy.openSockets === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    attempt.abort(new Error('enough'));
    expect((await failed).message).toContain('enough');
    while (proxy.openSockets > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await failureOf(through(proxy), AbortSignal.abort(new Error('never begun')))).message).toContain('begun');
  });

  it('where the package is not installed', async () => {
    jest.doMock('socks', () => {
      throw new Error('no such package');
    });
    const error = await failureOf(through({ port: 1 }));
    expect(misconfiguration(error)!.message).toBe(
      'the option proxyHost needs the optional package socks, which cannot be loaded: npm install socks',
    );
    expect(isLasting(error)).toBe(true);
    jest.dontMock('socks').resetModules();
  });

  it('once: what happens to the connection later is told by its transport', async () => {
    await using proxy = await SocksProxy.listen();
    const events = new Events();
    const transport = await through(proxy)(events, never);
    server.handler = () => 'reset';
    transport.write(opMsg({ ping: 1 }, { requestId: 1 }));
    await events.until(() => events.told.length === 1);
    expect(events.told[0]![0]).toBe('closed');
  });
});
