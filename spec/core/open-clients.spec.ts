import { countOpenClient, MANY_CLIENTS } from '../../lib/core/open-clients.js';

describe('countOpenClient', () => {
  const warnings: [string, any][] = [];
  beforeAll(() => {
    jest.spyOn(process, 'emitWarning').mockImplementation((...given: any[]) => void warnings.push(given as never));
  });
  afterAll(() => jest.restoreAllMocks());

  it('warns once of many that are open at a time, not of many one after the other', () => {
    const opened = Array.from({ length: 3 * MANY_CLIENTS }, () => {
      const client = { isClosed: false };
      countOpenClient('one:27017', client);
      client.isClosed = true;
      return client;
    });
    expect([opened.length, warnings]).toEqual([30, []]);
    const kept = Array.from({ length: MANY_CLIENTS - 1 }, () => ({ isClosed: false }));
    for (const client of kept) countOpenClient('a:1,b:2', client);
    for (const client of kept) countOpenClient('c:3', client);
    expect(warnings).toEqual([]);
    const last = [{ isClosed: false }, { isClosed: false }];
    for (const client of last) countOpenClient('a:1,b:2', client);
    expect(warnings).toEqual([
      [
        expect.stringMatching(/^10 clients of a:1,b:2 are open in this process.*AsyncClient\.shared\(uri\)/),
        { type: 'RotorWarning', code: 'ROTOR_MANY_CLIENTS' },
      ],
    ]);
    expect([kept, last].flat().every(({ isClosed }) => !isClosed)).toBe(true);
  });
});
