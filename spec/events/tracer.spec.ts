import { AsyncLocalStorage } from 'node:async_hooks';
import type { CommandTeller } from '../../lib/events/command-events.js';
import { commandChannel, operationChannel } from '../../lib/events/trace-channels.js';
import { Tracer } from '../../lib/events/tracer.js';
import { ABOUT, failed, started, succeeded } from './traced-commands.js';

const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
const listeners: (() => void)[] = [];
afterEach(() => {
  for (const leave of listeners.splice(0)) leave();
});

/** What the channels tell, in its order. */
function record(): { readonly name: string; readonly payload: any; readonly store: unknown }[] {
  const told: { name: string; payload: any; store: unknown }[] = [];
  for (const [of, channel] of [
    ['operation', operationChannel],
    ['command', commandChannel],
  ] as const) {
    for (const event of EVENTS) {
      const listener = (payload: unknown): void =>
        void told.push({ name: `${of} ${event}`, payload, store: store.getStore() });
      channel[event].subscribe(listener);
      listeners.push(() => channel[event].unsubscribe(listener));
    }
  }
  return told;
}

const store = new AsyncLocalStorage<unknown>();
const silent = { hearsCommands: false, tell: () => undefined };

async function later(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

it('is active only while somebody looks', () => {
  const tracer = new Tracer(silent);
  expect(tracer.isActive).toBe(false);
  record();
  expect(tracer.isActive).toBe(true);
  expect(tracer.beginTransaction()).toBeUndefined();
});

it('tells of an operation and its attempts, each with one payload', async () => {
  const told = record();
  const about = { ...ABOUT };
  const error = new Error('first');
  const result = await new Tracer(silent).trace(about, async (trace) => {
    trace.tell('commandStarted', started({ requestId: 1 }));
    await later();
    trace.tell('commandFailed', failed(error, { requestId: 1 }));
    trace.tell('commandStarted', started({ requestId: 2 }));
    await later();
    trace.tell('commandSucceeded', succeeded({ requestId: 2, reply: { ok: 1 } }));
    return 'done';
  });
  expect(result).toBe('done');
  expect(told.map(({ name }) => name)).toEqual([
    'operation start',
    'command start',
    'command end',
    'operation end',
    'command error',
    'command asyncStart',
    'command asyncEnd',
    'command start',
    'command end',
    'command asyncStart',
    'command asyncEnd',
    'operation asyncStart',
    'operation asyncEnd',
  ]);
  const payloads = [...new Set(told.map(({ payload }) => payload))];
  expect(payloads).toHaveLength(3);
  expect(payloads[0]).toBe(about);
  expect(payloads[0]).toEqual({ ...ABOUT, result: 'done' });
  expect(payloads[1]).toMatchObject({ operation: about, commandName: 'find', requestId: 1, error, address: 'a:27017' });
  expect(payloads[2]).toMatchObject({ requestId: 2, result: { ok: 1 }, command: { find: 'items' } });
});

it('gives subscribers the context of their operation, wherever its replies come from', async () => {
  let number = 0;
  operationChannel.start.bindStore(store, () => `operation ${++number}`);
  listeners.push(() => operationChannel.start.unbindStore(store));
  const told = record();
  const tracer = new Tracer(silent);
  const traces: CommandTeller[] = [];
  const release: (() => void)[] = [];
  const running = [1, 2].map((requestId) =>
    tracer.trace({ ...ABOUT, requestId } as never, (trace) => {
      traces.push(trace);
      return new Promise<void>((resolve) => release.push(resolve));
    }),
  );
  // As the pool does it: outside of the operation's context.
  [1, 2].forEach((requestId) => {
    traces[requestId - 1]!.tell('commandStarted', started({ requestId }));
  });
  [2, 1].forEach((requestId) => {
    traces[requestId - 1]!.tell('commandSucceeded', succeeded({ requestId }));
  });
  for (const resolve of release) resolve();
  await Promise.all(running);
  for (const { name, payload, store } of told) {
    if (name === 'operation end') continue;
    expect(`${name}: ${store}`).toBe(`${name}: operation ${payload.requestId}`);
  }
});

it('rejects as the operation does', async () => {
  const told = record();
  const error = new Error('no');
  await expect(new Tracer(silent).trace({ ...ABOUT }, () => Promise.reject(error))).rejects.toBe(error);
  expect(told.map(({ name }) => name)).toContain('operation error');
  expect(told.at(-1)!.payload.error).toBe(error);
});

it('passes events on to listeners, and never tells of commands that carry secrets', async () => {
  const told = record();
  const heard: string[] = [];
  const events = { hearsCommands: true, tell: (name: string) => void heard.push(name) };
  await new Tracer(events).trace({ ...ABOUT }, async (trace) => {
    trace.tell('commandStarted', started({ commandName: 'saslStart', command: {} }));
    trace.tell('commandSucceeded', succeeded({ commandName: 'saslStart' }));
    trace.tell('commandStarted', started({ commandName: 'hello', command: {} }));
  });
  expect(heard).toEqual(['commandStarted', 'commandSucceeded', 'commandStarted']);
  expect(told.filter(({ name }) => name.startsWith('command'))).toEqual([]);
});
