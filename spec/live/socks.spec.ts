import { AsyncClient, ServerSelectionTimeoutError } from '../../lib/index.js';
import { testServerUri } from '../support/live.js';
import { SocksProxy } from '../support/socks-proxy.js';
import { uncompressed } from '../support/uncompressed.js';
import { requires } from './requires.js';

const CREDENTIALS = { username: 'ada', password: 'pass word' };
const KNOWN = '&proxyUsername=ada&proxyPassword=pass%20word';
const WRONG = '&proxyUsername=ada&proxyPassword=guess';

/** Enough for one attempt to have failed, on a machine that has much to do. */
const FIRST_ATTEMPT_MS = 4_000;

let open: SocksProxy;
let guarded: SocksProxy;

beforeAll(async () => {
  open = await SocksProxy.listen();
  guarded = await SocksProxy.listen({ credentials: CREDENTIALS });
});
afterAll(async () => {
  await open[Symbol.asyncDispose]();
  await guarded[Symbol.asyncDispose]();
});

/** The server of this run, and how it is to be found. */
function through(proxy: SocksProxy, more: string, serverSelectionTimeoutMS = 20_000): AsyncClient {
  const uri = uncompressed(testServerUri()); // the cases have compressors of their own
  const proxied = `proxyHost=127.0.0.1&proxyPort=${proxy.port}${more}`;
  return new AsyncClient(`${uri}${uri.includes('?') ? '&' : '?'}${proxied}`, { serverSelectionTimeoutMS });
}

requires({ tcp: true }).describe('through a SOCKS5 proxy', () => {
  it.each<[string, () => SocksProxy, string]>([
    ['that asks for nothing', () => open, ''],
    ['that asks for nothing, though it could', () => open, KNOWN],
    ['that asks for nothing, whatever it would be told', () => open, WRONG],
    ['that asks for a password', () => guarded, KNOWN],
    ['over compression, too', () => guarded, `${KNOWN}&compressors=zlib`],
    ['with several connections', () => open, '&minPoolSize=5'],
  ])('%s', async (_name, proxy, more) => {
    const before = proxy().targets.length;
    await using client = through(proxy(), more);
    const starts: string[] = [];
    client.on('commandStarted', ({ address }) => starts.push(address));
    expect(await client.db('admin').command({ ping: 1 })).toMatchObject({ ok: 1 });
    const reached = new Set(proxy().targets.slice(before));
    // Every connection goes that way, the monitor's too; events name the server, not the proxy.
    expect(reached.size).toBe(1);
    expect(starts).toEqual([...reached]);
    expect(await client.alive()).toBe(true);
  });

  it.each<[string, () => SocksProxy, string]>([
    ['without a password', () => guarded, ''],
    ['with a wrong one', () => guarded, WRONG],
  ])('that lets nobody through %s', async (_name, proxy, more) => {
    const before = proxy().targets.length;
    await using client = through(proxy(), more, FIRST_ATTEMPT_MS);
    const error = await client
      .db('admin')
      .command({ ping: 1 })
      .catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(ServerSelectionTimeoutError);
    expect((error as Error).message).toContain(`through the proxy 127.0.0.1:${proxy().port}: `);
    expect((error as Error).message).not.toContain('guess');
    expect(proxy().targets.length).toBe(before);
  });

  it('that is not there', async () => {
    const gone = await SocksProxy.listen();
    await using client = through(gone, '', FIRST_ATTEMPT_MS);
    await gone[Symbol.asyncDispose]();
    await expect(client.db('admin').command({ ping: 1 })).rejects.toThrow('ECONNREFUSED');
  });
});
