import { timeout } from '../../lib/api/timeout.js';
import { ConnectionFailureError, NetworkTimeoutError } from '../../lib/errors/connection-errors.js';
import { OperationTimeoutError } from '../../lib/errors/operation-timeout-error.js';
import { ConfigurationError } from '../../lib/errors/usage-errors.js';
import { cursorScript, numbered } from '../cursor/scripted-cursor.js';
import { rejection, useScriptedClient } from './scripted-client.js';

const scripted = useScriptedClient();

/** The server keeps silent at these commands. */
function silentAt(command: string): void {
  const first = ({ name }: { name: string }) => (name === command ? ('hang' as const) : undefined);
  scripted.server.handler = cursorScript([numbered(0, 1), numbered(1, 2)], { first });
}

const limit = { networkTimeout: 1_000 } as const;

describe('networkTimeout', () => {
  it.each<[string, string, () => Promise<unknown>]>([
    ['findOne', 'find', () => scripted.items.findOne({}, limit)],
    ["Motor's findOne", 'find', () => scripted.items.findOne({}, ['a'], limit)],
    ['find', 'find', () => scripted.items.find({}, limit).toArray()],
    ['find', 'getMore', () => scripted.items.find({}, limit).toArray()],
  ])('of %s ends a %s as a lost connection does', async (_, command, use) => {
    silentAt(command);
    const error = await rejection(use());
    expect(error).toBeInstanceOf(ConnectionFailureError);
    expect(error).toBeInstanceOf(NetworkTimeoutError);
    expect(error).toMatchObject({ command, namespace: 'shop.items', cause: expect.any(OperationTimeoutError) });
    expect(error.message).toMatch(
      new RegExp(
        `^no answer came within networkTimeout \\(1000 ms\\) \\(${command} on shop.items at .*, after \\d+ ms\\)$`,
      ),
    );
  });

  it('is for each request, and no server is told of it', async () => {
    const pause = () => new Promise<undefined>((resolve) => setTimeout(resolve, 150));
    const batches = Array.from({ length: 9 }, (_, index) => numbered(index, index + 1));
    scripted.server.handler = cursorScript(batches, {
      first: ({ name }) => (name === 'getMore' ? pause() : undefined),
    });
    expect(await scripted.items.find({}, { networkTimeout: 1_000 }).toArray()).toHaveLength(9);
    expect(scripted.commands('find')[0]).not.toHaveProperty('maxTimeMS');
    expect(scripted.commands('find')[0]).not.toHaveProperty('networkTimeout');
  });

  it('leaves the error of a block that has less time as it is', async () => {
    silentAt('find');
    const error = await rejection(timeout(100, () => scripted.items.findOne({}, { networkTimeout: 20_000 })));
    expect(error).toBeInstanceOf(OperationTimeoutError);
  });

  it.each([-1, 0.5, Number.NaN, '5', {}])('refuses %p', async (networkTimeout: any) => {
    const words = /^networkTimeout must be a whole number of milliseconds/;
    expect(() => scripted.items.find({}, { networkTimeout })).toThrow(words);
    expect((await rejection(scripted.items.findOne({}, { networkTimeout }))).message).toMatch(words);
  });

  it('refuses timeoutMS beside it', async () => {
    const error = await rejection(scripted.items.findOne({}, { networkTimeout: 5, timeoutMS: 5 }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(/networkTimeout cannot be given beside timeoutMS/);
  });
});
