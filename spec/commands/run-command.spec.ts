import { ObjectId } from '../../lib/bson/codec.js';
import { runCommand, runCursorCommand } from '../../lib/commands/run-command.js';
import { cursorReply, facts, replyOf, rootScope, scopeOf } from './scope-and-reply.js';

const build = (command: unknown, options?: object) => runCommand.build({ command, options }, rootScope());

describe('runCommand', () => {
  it('sends a copy of the document as it is, without any option', () => {
    const command = Object.freeze({ ping: 1, comment: 'x' });
    const body = build(command, { readPreference: 'nearest', comment: 'y', maxTimeMS: 5 });
    expect(body).toEqual(command);
    expect(body).not.toBe(command);
    expect(
      Object.entries(
        build(
          new Map<string, unknown>([
            ['find', 'c'],
            ['limit', 1],
          ]),
        ),
      ),
    ).toEqual([
      ['find', 'c'],
      ['limit', 1],
    ]);
  });

  it('keeps the order of a Map, also of what looks like a number', () => {
    const body = build(
      new Map<string, unknown>([
        ['ping', 1],
        ['1', 2],
      ]),
    );
    expect(Object.keys(body)).toEqual(['ping', '1']);
  });

  it('refuses options that clients refuse', () => {
    expect(() => build({ ping: 1 }, { slaveOk: true })).toThrow('option slaveOk of command is not supported');
  });

  it.each([[null], [undefined], ['ping'], [['ping']], [new ObjectId()], [5]])('refuses %p', (command) => {
    expect(() => build(command)).toThrow(/^command must be a document such as { ping: 1 }, not /);
  });

  it('refuses a command without a name', () => {
    expect(() => build({})).toThrow('command must not be empty');
    expect(() => build(new Map())).toThrow('command must not be empty');
  });

  it('reads the reply as its codec does', () => {
    expect(runCommand.parse(replyOf({ n: 5n }), { command: {} }, rootScope(), facts)).toEqual({ ok: 1, n: 5 });
    expect(runCommand.parse(replyOf({ n: 5n }), { command: {} }, scopeOf({ useBigInt64: true }), facts).n).toBe(5n);
  });
});

it("runCursorCommand sends the same, and opens the reply's cursor", () => {
  expect(runCursorCommand.build({ command: { find: 'c' } }, rootScope())).toEqual({ find: 'c' });
  expect(runCursorCommand.parse(cursorReply([], 5n), { command: {} }, rootScope(), facts).id).toBe(5n);
});
