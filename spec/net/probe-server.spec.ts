import { once } from 'node:events';
import net from 'node:net';
import { speaksPlainly, speaksTLS } from '../../lib/net/probe-server.js';
import { dialDirectly } from '../../lib/net/tcp.js';
import { HostAddress } from '../../lib/options/host-address.js';
import { TestAuthority } from '../support/deployment/test-authority.js';
import { fakeClock } from '../support/fake-clock.js';
import { opReply } from '../support/reply-bytes.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { TLSFront } from './tls-front.js';

const dial = dialDirectly({});
const at = ({ port }: { readonly port: number }): HostAddress => HostAddress.of('127.0.0.1', port);

it('a server that speaks plainly', async () => {
  await using server = await ScriptedServer.listen();
  expect([await speaksPlainly(at(server), dial), await speaksTLS(at(server), dial)]).toEqual([true, false]);
  // A bare hello: nothing is said of the client.
  expect(server.requests[0]!.command).toEqual({ isMaster: 1, $db: 'admin' });
  server.handler = ({ requestId }) => opReply({ ok: 1 }, { responseTo: requestId });
  expect(await speaksPlainly(at(server), dial)).toBe(true);
  while (server.openSockets > 0) await new Promise(setImmediate);
});

it('a server that speaks TLS', async () => {
  const pair = await (await TestAuthority.make()).certify();
  await using behind = await ScriptedServer.listen();
  await using front = await TLSFront.listen(pair, behind);
  expect([await speaksPlainly(at(front), dial), await speaksTLS(at(front), dial)]).toEqual([false, true]);
  await using strict = await TLSFront.listen(
    { ...pair, ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' },
    behind,
  );
  expect(await speaksTLS(at(strict), dial)).toBe(true);
  expect(behind.requests).toEqual([]);
});

it('a server that says something else, that hangs up, or that is not there', async () => {
  const odd = net
    .createServer((socket) =>
      socket
        .resume()
        .on('error', () => {})
        .end('SSH-2.0-OpenSSH_9.2 and more'),
    )
    .listen(0, '127.0.0.1');
  await once(odd, 'listening');
  const { port } = odd.address() as net.AddressInfo;
  expect([await speaksPlainly(at({ port }), dial), await speaksTLS(at({ port }), dial)]).toEqual([false, false]);
  odd.close();
  await once(odd, 'close');
  expect([await speaksPlainly(at({ port }), dial), await speaksTLS(at({ port }), dial)]).toEqual([false, false]);
});

it('a server that is silent is asked for two seconds', async () => {
  using clock = fakeClock();
  const mute = net.createServer().listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const asked = speaksTLS(at(mute.address() as net.AddressInfo), dial);
  await once(mute, 'connection');
  await clock.advance(2_000);
  expect(await asked).toBe(false);
  mute.close();
});
