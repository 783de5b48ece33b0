import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { MongoClient } from 'mongodb';
import { AsyncClient } from '../../lib/api/async-client.js';
import { startCannedServer } from './canned-server.js';
import { countOperation } from './counters.js';
import { cannedTarget } from './target.js';

describe('countOperation', () => {
  const native = Promise.resolve();

  it('counts nothing for a promise that is there already', async () => {
    expect(await countOperation(() => native)).toEqual({ promises: 0, timers: 0, emits: 0, writes: 0 });
  });

  it('counts promises', async () => {
    const two = (): Promise<void> => {
      void new Promise(() => {});
      return new Promise((resolve) => resolve());
    };
    expect((await countOperation(two)).promises).toBe(2);
  });

  it('counts timers and emits, heard or not', async () => {
    const emitter = new EventEmitter();
    const operation = (): Promise<void> => {
      clearTimeout(setTimeout(() => {}, 1000));
      emitter.emit('unheard');
      return native;
    };
    expect(await countOperation(operation)).toEqual({ promises: 0, timers: 1, emits: 1, writes: 0 });
  });

  it('counts joined chunks as one write', async () => {
    const server = await startCannedServer();
    const socket = await new Promise<Socket>((resolve) => {
      const opened = connect(server.port, '127.0.0.1', () => resolve(opened));
    });
    const operation = (): Promise<void> =>
      new Promise((resolve) => {
        socket.cork();
        socket.write(Buffer.alloc(2));
        socket.write(Buffer.alloc(1), () => resolve());
        socket.uncork();
      });
    expect((await countOperation(operation, 0)).writes).toBe(1);
    socket.destroy();
    await server.close();
  });

  it('stops counting and restores what it patched when the operation fails', async () => {
    const { emit } = EventEmitter.prototype;
    await expect(countOperation(() => Promise.reject(new Error('refused')), 0)).rejects.toThrow('refused');
    expect(EventEmitter.prototype.emit).toBe(emit);
  });

  it('finds at most one timer a second for 1,000 operations of Rotor on a pool of 10, however many wait', async () => {
    const server = await startCannedServer('replicaSet');
    const client = new AsyncClient(cannedTarget(server.port, 'replicaSet').uri, { maxPoolSize: 10 });
    try {
      const collection = client.db('rotor_bench').collection('one');
      let most = 0;
      const crowd = async (): Promise<void> => {
        const all = Array.from({ length: 1000 }, () => collection.findOne({ _id: 1 }));
        most = Math.max(most, ...client.poolStats().map(({ waiting }) => waiting));
        await Promise.all(all);
      };
      const startedAt = performance.now();
      const { timers } = await countOperation(crowd);
      expect(most).toBe(990);
      // Of the pool, which looks once a second whether its line is stuck.
      expect(timers).toBeLessThanOrEqual(1 + Math.floor((performance.now() - startedAt) / 1_000));
    } finally {
      await client.close();
      await server.close();
    }
  });

  it('sees what a findOne of the official driver costs', async () => {
    const server = await startCannedServer();
    const client = new MongoClient(cannedTarget(server.port).uri);
    try {
      const collection = client.db('rotor_bench').collection<{ _id: number }>('one');
      const count = await countOperation(() => collection.findOne({ _id: 1 }));
      expect(count.writes).toBe(1);
      expect(count.timers).toBe(1);
      expect(count.promises).toBeGreaterThan(20);
      expect(count.emits).toBeGreaterThan(5);
    } finally {
      await client.close();
      await server.close();
    }
  });
});
