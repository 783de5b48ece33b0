import type { Document } from '../../lib/bson/codec.js';
import { find } from '../../lib/commands/find.js';
import { getMore } from '../../lib/commands/get-more.js';
import { insertOne } from '../../lib/commands/insert.js';
import { runCommand } from '../../lib/commands/run-command.js';
import { limitCommand } from '../../lib/core/limit-command.js';

function limited(command: Parameters<typeof limitCommand>[1], body: Document, leftMS: number, tellsServer?: boolean) {
  limitCommand(body, command, tellsServer === undefined ? {} : { tellsServer }, leftMS);
  return body;
}

describe('limitCommand', () => {
  it('tells the server what is left, whatever it was told before', () => {
    expect(limited(find, { find: 'a' }, 70)).toEqual({ find: 'a', maxTimeMS: 70 });
    expect(limited(find, { find: 'a', maxTimeMS: 5 }, 70)).toEqual({ find: 'a', maxTimeMS: 70 });
  });

  it('tells nothing without a limit, beyond what a server takes, and where something else limits the command', () => {
    const command = (): Document => ({ find: 'a', maxTimeMS: 5 });
    expect(limited(find, command(), Number.POSITIVE_INFINITY)).toEqual({ find: 'a' });
    expect(limited(find, command(), 2 ** 31)).toEqual({ find: 'a' });
    expect(limited(find, command(), 2 ** 31 - 1)).toEqual({ find: 'a', maxTimeMS: 2 ** 31 - 1 });
    expect(limited(find, command(), 70, false)).toEqual({ find: 'a' });
  });

  it('leaves a getMore the time that it waits for documents, as far as there is so much', () => {
    expect(limited(getMore, { getMore: 1 }, 70)).toEqual({ getMore: 1 });
    expect(limited(getMore, { getMore: 1, maxTimeMS: 50 }, 70)).toEqual({ getMore: 1, maxTimeMS: 50 });
    expect(limited(getMore, { getMore: 1, maxTimeMS: 50 }, 20)).toEqual({ getMore: 1, maxTimeMS: 20 });
  });

  it('takes wtimeout away, but not from the commands of the user', () => {
    const body = (writeConcern: object): Document => ({ insert: 'a', writeConcern });
    expect(limited(insertOne, body({ w: 2, wtimeout: 5 }), 70)).toEqual({ ...body({ w: 2 }), maxTimeMS: 70 });
    expect(limited(insertOne, body({ wtimeout: 5 }), 70)).toEqual({ insert: 'a', maxTimeMS: 70 });
    expect(limited(runCommand, body({ wtimeout: 5 }), 70)).toEqual({ ...body({ wtimeout: 5 }), maxTimeMS: 70 });
  });
});
