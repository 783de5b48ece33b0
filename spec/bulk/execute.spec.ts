import { type BulkOptions, executeBulk } from '../../lib/bulk/execute.js';
import { planBulk } from '../../lib/bulk/plan.js';
import type { Command } from '../../lib/commands/command.js';
import type { IoCore } from '../../lib/core/io-core.js';
import { BulkWriteError, OperationFailureError } from '../../lib/errors/operation-errors.js';
import { replyOf, scope } from '../commands/scope-and-reply.js';

/** What the core was asked for: the command, from which entry on, with how many of them sent. */
type Sent = [name: string, from: number, sent: number];

/**
 * A core that sends at most two entries in a message, writes inserts into a buffer as the wire does, and answers with
 * what `answer` gives: a reply's fields, or an error.
 */
function coreThat(answer: (number: number) => object | Error = () => ({})) {
  const messages: Sent[] = [];
  const inputs: any[] = [];
  const run = async (command: Command<any, any>, _scope: unknown, input: any) => {
    const sequence = command.sequence!(input, scope);
    const from = command.from!(input);
    const last = Math.min(sequence.length, from + 2);
    for (let index = from; index < last; index++) sequence.encodeInto(Buffer.alloc(500), 0, index);
    const facts = {
      server: undefined,
      sent: last - from,
      maxWireVersion: 25,
      keepServer: () => ({ address: 'h:1' }),
      keepSession: () => undefined,
    };
    const fields = answer(messages.push([command.name, from, facts.sent]));
    inputs.push(input);
    if (fields instanceof Error) throw fields;
    const reply = replyOf({ n: facts.sent, ...fields });
    return reply.failed ? command.parseFailed!(reply, input, scope, facts) : command.parse(reply, input, scope, facts);
  };
  return {
    core: { run, tracer: { isActive: false }, servers: [{ address: 'h:1' }] } as unknown as IoCore,
    messages,
    inputs,
  };
}

const bulk = (options: Partial<BulkOptions> = {}): BulkOptions => ({
  ordered: true,
  makeId: undefined,
  options: undefined,
  ...options,
});
const insert = (_id: unknown) => ({ insertOne: { document: { _id } } });
const remove = { deleteOne: { filter: {} } };
const plan = (models: unknown[], ordered = true) => planBulk(models, ordered, scope);
const failure = (index: number) => ({ writeErrors: [{ index, code: 11000, errmsg: 'E11000' }] });

async function errorOf(promise: Promise<unknown>): Promise<any> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('there was no error');
}

describe('executeBulk', () => {
  it('sends each group in as many messages as it takes', async () => {
    const { core, messages } = coreThat();
    const models = [insert('a'), insert('b'), insert('c'), remove, insert('d')];
    const result = await executeBulk(core, scope, plan(models), bulk());
    expect(messages).toEqual([
      ['insert', 0, 2],
      ['insert', 2, 1],
      ['delete', 0, 1],
      ['insert', 0, 1],
    ]);
    expect(result).toMatchObject({
      insertedCount: 4,
      deletedCount: 1,
      insertedIds: { 0: 'a', 1: 'b', 2: 'c', 4: 'd' },
    });
  });

  it('hands on the options, one number for all messages, and the maker of ids', async () => {
    const { core, inputs } = coreThat();
    const options = { comment: 'x' };
    const made = await executeBulk(
      core,
      scope,
      plan([{ insertOne: { document: {} } }, remove]),
      bulk({ options, makeId: () => 7 }),
    );
    expect(made.insertedIds).toEqual({ 0: 7 });
    expect(inputs.map((input) => [input.ordered, input.options])).toEqual([
      [true, options],
      [true, options],
    ]);
    expect(inputs[0].operationId).toBe(inputs[1].operationId);
  });

  it('gives all messages one turn of their session', async () => {
    const { core, inputs } = coreThat();
    await executeBulk(core, scope, plan([insert(1), remove]), bulk());
    expect(inputs[0].turn).toBeDefined();
    expect(inputs[1].turn).toBe(inputs[0].turn);
  });

  it('gives all messages one deadline together', async () => {
    const { core, inputs } = coreThat();
    const models = [insert('a'), insert('b'), insert('c'), remove];
    await executeBulk(core, scope, plan(models), bulk({ options: { timeoutMS: 5_000 } }));
    expect(inputs.map(({ deadline }) => deadline === inputs[0].deadline)).toEqual([true, true, true]);
    expect(inputs[0].deadline).toMatchObject({ timeoutMS: 5_000 });
  });

  it('ordered, stops at the first error, also within a group', async () => {
    const { core, messages } = coreThat((number) => (number === 1 ? { n: 1, ...failure(1) } : {}));
    const error = await errorOf(
      executeBulk(core, scope, plan([insert('a'), insert('b'), insert('c'), remove]), bulk()),
    );
    expect(messages).toEqual([['insert', 0, 2]]);
    expect(error).toBeInstanceOf(BulkWriteError);
    expect(error.writeErrors).toMatchObject([{ index: 1, op: { _id: 'b' } }]);
    expect(error.result).toMatchObject({ insertedCount: 1, insertedIds: { 0: 'a' } });
    expect(error).toMatchObject({ command: 'insert', namespace: 'db.c', address: 'h:1' });
  });

  it('unordered, goes on, and counts as inserted what did not fail', async () => {
    const { core, messages } = coreThat((number) => (number === 1 ? { n: 1, ...failure(0) } : {}));
    const models = [insert('a'), insert('b'), remove, insert('c')];
    const error = await errorOf(executeBulk(core, scope, plan(models, false), bulk({ ordered: false })));
    expect(messages).toHaveLength(3);
    expect(error.result.insertedIds).toEqual({ 1: 'b', 3: 'c' });
    expect(error.writeErrors).toMatchObject([{ index: 0 }]);
  });

  it('names the command of the write that failed first', async () => {
    const { core } = coreThat((number) => (number === 2 ? { n: 0, ...failure(0) } : {}));
    const error = await errorOf(executeBulk(core, scope, plan([insert('a'), remove]), bulk()));
    expect(error).toMatchObject({ command: 'delete', writeErrors: [{ index: 1 }] });
  });

  it('goes on after a write concern error, and tells of it at the end with its labels', async () => {
    const writeConcernError = { code: 64, errmsg: 'waited' };
    const { core, messages } = coreThat((number) =>
      number === 1 ? { writeConcernError, errorLabels: ['Label'] } : {},
    );
    const error = await errorOf(executeBulk(core, scope, plan([insert('a'), remove]), bulk()));
    expect(messages).toHaveLength(2);
    expect(error).toMatchObject({ code: 64, errorLabels: ['Label'], result: { insertedCount: 1, deletedCount: 1 } });
  });

  it('tells in the error of a whole command what had been done before', async () => {
    const broken = new OperationFailureError('gone', { code: 91 });
    const { core } = coreThat((number) => (number === 2 ? broken : {}));
    const error = await errorOf(executeBulk(core, scope, plan([insert('a'), remove]), bulk()));
    expect(error).toBe(broken);
    expect(error.result).toMatchObject({ insertedCount: 1, deletedCount: 0 });
  });

  it('leaves errors of others as they are', async () => {
    const reason = Object.freeze(new Error('aborted'));
    const { core } = coreThat(() => reason);
    expect(await errorOf(executeBulk(core, scope, plan([remove]), bulk()))).toBe(reason);
  });
});
