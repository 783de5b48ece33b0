import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { SilentEnds } from '../../lib/net/silent-ends.js';
import { dialDirectly } from '../../lib/net/tcp.js';
import { HostAddress } from '../../lib/options/host-address.js';
import { TestAuthority } from '../support/deployment/test-authority.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { TLSFront } from './tls-front.js';

const reset = new Error('read ECONNRESET');
const socket = (bytesRead = 0): Socket => Object.assign(new EventEmitter(), { bytesRead }) as unknown as Socket;
let behind: ScriptedServer;
let front: TLSFront;

beforeAll(async () => {
  behind = await ScriptedServer.listen();
  front = await TLSFront.listen(await (await TestAuthority.make()).certify(), behind);
});
afterAll(async () => {
  await front[Symbol.asyncDispose]();
  await behind.close();
});

const endsAt = (port: number): SilentEnds => new SilentEnds(HostAddress.of('127.0.0.1', port), dialDirectly({}));

it('the second silent end in a row is explained by TLS, where the server speaks it', async () => {
  const ends = endsAt(front.port);
  expect(ends.watch(socket())(reset)).toBe(reset);
  const explained = await ends.watch(socket())(reset);
  expect(explained!.message).toBe('it takes only TLS connections: set the option tls');
  expect(explained!.cause).toBe(reset);
  expect((await ends.watch(socket())(undefined))!.message).toContain('TLS');
});

it('and by nothing where it does not', async () => {
  const ends = endsAt(behind.port);
  expect(ends.watch(socket())(undefined)).toBeUndefined();
  expect(await ends.watch(socket())(reset)).toBe(reset);
});

it('a server that has ever answered is not suspected', () => {
  const ends = endsAt(front.port);
  expect(ends.watch(socket(16))(reset)).toBe(reset);
  for (let i = 0; i < 3; i++) expect(ends.watch(socket())(reset)).toBe(reset);
});

it('nor is one that answers on another connection', () => {
  const ends = endsAt(front.port);
  ends.watch(socket(16));
  for (let i = 0; i < 3; i++) expect(ends.watch(socket())(reset)).toBe(reset);
});

it('nor is one that answered on a connection that was closed from here', () => {
  const ends = endsAt(front.port);
  const closed = socket(16);
  ends.watch(closed);
  closed.emit('close');
  for (let i = 0; i < 3; i++) expect(ends.watch(socket())(reset)).toBe(reset);
});

it('connections that are closed, from wherever, are not kept', async () => {
  const ends = endsAt(behind.port);
  const looks = jest.fn(() => 0);
  const closed = Object.defineProperty(new EventEmitter(), 'bytesRead', { get: looks }) as Socket;
  ends.watch(closed);
  closed.emit('close');
  looks.mockClear();
  for (let i = 0; i < 3; i++) await ends.watch(socket())(reset);
  expect(looks).not.toHaveBeenCalled();
});
