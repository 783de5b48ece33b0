import { connectTo } from '../../lib/net/connect-to.js';
import type { ClientOptions } from '../../lib/options/client-options.js';
import { resolveOptions } from '../../lib/options/resolve.js';
import { TestAuthority } from '../support/deployment/test-authority.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { SocksProxy } from '../support/socks-proxy.js';
import { Events } from './observed-events.js';
import { TLSFront } from './tls-front.js';

const never = new AbortController().signal;

async function open(port: number, options: ClientOptions): Promise<void> {
  const address = `127.0.0.1:${port}`;
  (await connectTo(resolveOptions(`mongodb://${address}/`, options))(address)(new Events(), never)).destroy();
}

it('leads directly or through a proxy, in plain text or over TLS', async () => {
  const authority = await TestAuthority.make();
  await using server = await ScriptedServer.listen();
  await using front = await TLSFront.listen(await authority.certify(), server);
  await using proxy = await SocksProxy.listen();
  const proxied = { proxyHost: '127.0.0.1', proxyPort: proxy.port };
  await open(server.port, {});
  await open(front.port, { ca: authority.cert });
  await open(server.port, proxied);
  await open(front.port, { ca: authority.cert, ...proxied });
  expect(proxy.targets).toEqual([`127.0.0.1:${server.port}`, `127.0.0.1:${front.port}`]);
});

it('warns once per process of certificates that are not looked at', () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const make = (options: ClientOptions): unknown => connectTo(resolveOptions('mongodb://a/', options));
  for (let i = 0; i < 2; i++) {
    make({ tls: true });
    make({ tlsInsecure: true });
    make({ tlsAllowInvalidCertificates: true });
    make({ tlsAllowInvalidHostnames: true });
  }
  expect(warn.mock.calls.map(([message]) => message)).toEqual([
    expect.stringMatching(/^TLS is on, and any certificate is accepted: /),
    expect.stringMatching(/^TLS is on, and the certificate of any host is accepted: /),
  ]);
  warn.mockRestore();
});
