import { timeout } from '../../lib/api/timeout.js';
import { OperationTimeoutError } from '../../lib/errors/operation-timeout-error.js';
import { rejection, useScriptedClient } from './scripted-client.js';

describe('timeout', () => {
  const scripted = useScriptedClient();

  it('gives what its function returns', async () => {
    expect(timeout(10, () => 7)).toBe(7);
    expect(await timeout(10, async () => 8)).toBe(8);
  });

  it('bounds the operations of its function, together', async () => {
    scripted.server.handler = ({ name }) => (name === 'find' ? 'hang' : undefined);
    const start = performance.now();
    const work = async (): Promise<unknown[]> => {
      await scripted.db.command({ ping: 1 });
      return Promise.all([1, 2].map((_id) => rejection(scripted.db.collection<any>('items').findOne({ _id }))));
    };
    const errors = await timeout(150, work);
    expect(performance.now() - start).toBeLessThan(2_000);
    for (const error of errors) {
      expect(error).toBeInstanceOf(OperationTimeoutError);
      expect(error).toMatchObject({ timeoutMS: 150, command: 'find' });
    }
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '100', undefined])('refuses %p, and runs nothing', (ms) => {
    const work = jest.fn();
    expect(() => timeout(ms as number, work)).toThrow(/^timeoutMS must be a whole number of milliseconds/);
    expect(work).not.toHaveBeenCalled();
  });
});
