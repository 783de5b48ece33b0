// Exact counters of one operation: what it creates and does, whatever the machine's mood.

import { createHook } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { EventEmitter as EventEmitter3 } from 'eventemitter3';

export interface OperationCount {
  /** Promises, those that the engine makes for each `await` included; the counting's own await is taken off. */
  readonly promises: number;
  /** setTimeout and setInterval, wherever they were called. */
  readonly timers: number;
  /** Calls of `emit`, of Node.js's emitter and of eventemitter3, streams and sockets included, heard or not. */
  readonly emits: number;
  /** Writes that a socket hands to the system: joined chunks are one. */
  readonly writes: number;
}

type Patchable = Record<string, (...args: unknown[]) => unknown>;

/** Counts the calls of some methods of a prototype until the function that it returns is called. */
function spyOn(prototype: object, methods: readonly string[], onCall: (self: unknown) => void): () => void {
  const target = prototype as Patchable;
  const originals = methods.map((name) => [name, target[name]!] as const);
  for (const [name, original] of originals) {
    target[name] = function (this: unknown, ...args: unknown[]): unknown {
      onCall(this);
      return Reflect.apply(original, this, args);
    };
  }
  return () => {
    for (const [name, original] of originals) target[name] = original;
  };
}

/** A test's server may live in the same process: what the sockets that it accepted do is not the client's doing. */
function isAccepted(self: unknown): boolean {
  return self instanceof Socket && Boolean((self as Socket & { server?: unknown }).server);
}

async function countRaw(operation: () => PromiseLike<unknown>): Promise<OperationCount> {
  const count = { promises: 0, timers: 0, emits: 0, writes: 0 };
  const hook = createHook({
    init(_id, type) {
      if (type === 'PROMISE') count.promises++;
      else if (type === 'Timeout') count.timers++;
    },
  });
  const onEmit = (self: unknown): void => {
    if (!isAccepted(self)) count.emits++;
  };
  const onWrite = (self: unknown): void => {
    if (!isAccepted(self)) count.writes++;
  };
  const restore = [
    spyOn(EventEmitter.prototype, ['emit'], onEmit),
    spyOn(EventEmitter3.prototype, ['emit'], onEmit),
    spyOn(Socket.prototype, ['_write', '_writev'], onWrite),
  ];
  hook.enable();
  try {
    await operation();
  } finally {
    hook.disable();
    for (const undo of restore) undo();
  }
  return count;
}

/** Lets what an operation left behind (ticks, immediates) run out. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const resolved = Promise.resolve();

/**
 * Counts one awaited operation. Open the client first; nothing else may run in the process meanwhile but a server that
 * makes no promises and no timers: emits and writes of accepted sockets are left out.
 *
 * The operation runs `warmUps` times uncounted (default 3), then once counted.
 *
 * @example
 * const { promises } = await countOperation(() => collection.findOne({ _id: 1 }));
 */
export async function countOperation(operation: () => PromiseLike<unknown>, warmUps = 3): Promise<OperationCount> {
  for (let i = 0; i < warmUps; i++) await operation();
  await settle();
  const own = await countRaw(() => resolved);
  const count = await countRaw(operation);
  return { ...count, promises: count.promises - own.promises };
}
