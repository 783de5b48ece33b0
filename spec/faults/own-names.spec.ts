import dns from 'node:dns';
import { OwnNames } from './own-names.js';

const { lookup } = dns;
const names = new OwnNames();

beforeAll(() => names.install());
afterAll(() => {
  dns.lookup = lookup;
});

it('fails, and then answers, in both forms that sockets ask for', async () => {
  const one = (): Promise<unknown> =>
    new Promise((resolve) => dns.lookup('m0.test', (error, address) => resolve(error?.code ?? address)));
  const all = (): Promise<unknown> =>
    new Promise((resolve) =>
      dns.lookup('m0.test', { all: true }, (error, addresses) => resolve(error?.code ?? addresses)),
    );
  expect([await one(), await all()]).toEqual(['ENOTFOUND', 'ENOTFOUND']);
  names.address = '127.0.0.2';
  expect([await one(), await all()]).toEqual(['127.0.0.2', [{ address: '127.0.0.2', family: 4 }]]);
});

it('leaves other names alone', async () => {
  const address = await new Promise((resolve) => dns.lookup('127.0.0.1', (_error, found) => resolve(found)));
  expect(address).toBe('127.0.0.1');
});
