import { Authenticator } from '../../lib/auth/authenticator.js';
import { find } from '../../lib/commands/find.js';
import type { CommandStartedEvent } from '../../lib/events/command-events.js';
import { credential, documentOf } from '../auth/conversing.js';
import type { FakeAnswer, FakeServer } from '../topology/fake-network.js';
import { FakeCore, FOUND, follow, read, refusal } from './fake-core.js';

const EXPIRED = refusal(391);
const DONE = { ok: 1, conversationId: 1, done: true, payload: Buffer.alloc(0) };

/** A core that shows tokens, `tok1` and so on. */
async function core(given: object = {}) {
  let tokens = 0;
  const callback = jest.fn((): { accessToken: string } => ({ accessToken: `tok${++tokens}` }));
  const properties = { OIDC_CALLBACK: callback };
  const oidc = credential({ authMechanism: 'MONGODB-OIDC', authMechanismProperties: properties });
  const it = await FakeCore.open(given, undefined, { authenticator: new Authenticator([oidc]) });
  return { it, callback };
}

/** Answers SASL always, and what else comes one after the other. */
function answer(server: FakeServer, ...answers: FakeAnswer[]): void {
  server.answer = ({ name }) => (name === 'saslStart' ? DONE : (answers.shift() ?? FOUND));
}

const tokensOf = ({ requests }: FakeServer): string[] =>
  requests.filter(({ name }) => name === 'saslStart').map(({ command }) => documentOf(command).jwt);

describe('reauthentication', () => {
  it('proves the user again on the same connection, and sends the command once more', async () => {
    const { it: opened } = await core();
    using it = opened;
    answer(it.primary, EXPIRED);
    const found = follow(it.core.run(find, it.scope, read));
    await it.clock.settle();
    expect(found.error).toBeUndefined();
    expect(it.primary.commands).toEqual(['saslStart', 'find', 'saslStart', 'find']);
    expect(tokensOf(it.primary)).toEqual(['tok1', 'tok2']);
    expect(it.poolOfPrimary).toMatchObject({ total: 1, idle: 1, inUse: 0 });
    expect(it.operations[0]).toBe(0);
  });

  it('does so without retries, too, and for what is not tried twice', async () => {
    const { it: opened } = await core({ retryReads: false, retryWrites: false });
    using it = opened;
    answer(it.primary, EXPIRED);
    const found = follow(it.core.run(find, it.scope, read));
    await it.clock.settle();
    expect([found.error, it.primary.commands.length]).toEqual([undefined, 4]);
  });

  it('does so once: a second time is told', async () => {
    const { it: opened } = await core();
    using it = opened;
    answer(it.primary, EXPIRED, EXPIRED, EXPIRED);
    const found = follow(it.core.run(find, it.scope, read));
    await it.clock.settle();
    expect([found.error.code, found.error.command]).toEqual([391, 'find']);
    expect(it.primary.commands.filter((name) => name === 'find')).toHaveLength(2);
    expect(it.poolOfPrimary).toMatchObject({ total: 1, idle: 1 });
  });

  it('tells of both attempts in the events of commands', async () => {
    const { it: opened } = await core();
    using it = opened;
    const told: string[] = [];
    it.events.on('commandStarted', ({ commandName }: CommandStartedEvent) => told.push(`${commandName} started`));
    it.events.on('commandFailed', ({ commandName }) => told.push(`${commandName} failed`));
    it.events.on('commandSucceeded', ({ commandName }) => told.push(`${commandName} succeeded`));
    answer(it.primary, EXPIRED);
    follow(it.core.run(find, it.scope, read));
    await it.clock.settle();
    expect(told).toEqual(['find started', 'find failed', 'find started', 'find succeeded']);
  });

  it('ends the operation with what the mechanism or the server says', async () => {
    const { it: opened, callback } = await core();
    using it = opened;
    answer(it.primary, EXPIRED);
    callback
      .mockImplementationOnce(() => ({ accessToken: 'tok' }))
      .mockImplementationOnce(() => {
        throw new Error('the provider is away');
      });
    const found = follow(it.core.run(find, it.scope, read));
    await it.clock.settle();
    expect(found.error.message).toMatch(/the provider is away \(find on shop.items/);
    expect(it.poolOfPrimary).toMatchObject({ total: 0, inUse: 0 });
  });

  it('asks for one token, however many connections have expired', async () => {
    const { it: opened, callback } = await core({ maxPoolSize: 3 });
    using it = opened;
    // Connections that have shown the first token are believed no longer.
    it.primary.answer = (request) => {
      if (request.name === 'saslStart') return DONE;
      const { requests } = it.primary.transports.find((each) => each.requests.at(-1) === request)!;
      const shown = requests.filter(({ name }) => name === 'saslStart').at(-1)?.command ?? requests[0]!.command;
      const { payload } = shown.speculativeAuthenticate ?? shown;
      return documentOf({ payload }).jwt === 'tok1' ? EXPIRED : FOUND;
    };
    const found = [1, 2, 3].map(() => follow(it.core.run(find, it.scope, read)));
    await it.clock.settle();
    await it.clock.advance(200);
    expect(found.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    expect(callback).toHaveBeenCalledTimes(2);
  });

  it('is over where the client is closed meanwhile, and the connection with it', async () => {
    const { it: opened, callback } = await core();
    using it = opened;
    answer(it.primary, EXPIRED);
    callback
      .mockImplementationOnce(() => ({ accessToken: 'tok' }))
      .mockImplementation(() => new Promise(() => {}) as never);
    const found = follow(it.core.run(find, it.scope, read));
    await it.clock.settle();
    expect(found).toEqual({});
    void it.core.close();
    await it.clock.settle();
    expect(found.error.name).toBe('InvalidOperationError');
    expect(it.servers.map(({ openSockets }) => openSockets)).toEqual([0, 0, 0]);
  });

  it('is nothing for a caller who has given up', async () => {
    const { it: opened } = await core();
    using it = opened;
    const giveUp = new AbortController();
    answer(it.primary, EXPIRED);
    const found = follow(it.core.run(find, it.scope, { ...read, options: { signal: giveUp.signal } }));
    it.primary.answer = ({ name }) => {
      if (name === 'find') giveUp.abort(new Error('enough'));
      return name === 'find' ? EXPIRED : DONE;
    };
    await it.clock.settle();
    expect(found.error.message).toBe('enough');
    expect(it.poolOfPrimary.inUse).toBe(0);
  });

  it('is not tried by a client that is nobody', async () => {
    using it = await FakeCore.open();
    answer(it.primary, EXPIRED);
    const found = follow(it.core.run(find, it.scope, read));
    await it.clock.settle();
    expect([found.error.code, it.primary.commands]).toEqual([391, ['find']]);
  });
});
