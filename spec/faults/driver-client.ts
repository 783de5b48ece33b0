import { AsyncClient, type Document } from '../../lib/index.js';
import type { DriverName, Job } from './job.js';

/** The operations of a run, by either driver. */
export interface DriverClient {
  insert(id: number): Promise<unknown>;
  /** Counts `number` in a document of the loop's own, and keeps it there. */
  increment(loop: number, number: number): Promise<unknown>;
  read(filter: Record<string, unknown>, signal?: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

export type Hear = (name: string, event: Record<string, any>) => void;

const EVENTS = [
  'serverDescriptionChanged',
  'topologyDescriptionChanged',
  'serverHeartbeatFailed',
  'connectionPoolReady',
  'connectionPoolCleared',
] as const;

/** Opens a client: it has reached its deployment when this resolves. */
const OPENERS: Record<DriverName, (job: Job, hear: Hear | undefined) => Promise<DriverClient>> = {
  async rotor({ uri, options, database }, hear) {
    const client = new AsyncClient(uri, options);
    if (hear !== undefined) for (const name of EVENTS) client.on(name, (event: unknown) => hear(name, event as {}));
    await client.open();
    const db = client.db(database);
    const inserted = db.collection<{ _id: number }>('inserted');
    const counters = db.collection<Counter>('counters');
    return {
      insert: (_id) => inserted.insertOne({ _id }),
      increment: (_id, number) => counters.updateOne({ _id }, { $inc: { n: 1 }, $push: { seen: number } }),
      read: (filter, signal) => counters.findOne(filter as Document, signal && { signal }),
      close: () => client.close(),
    };
  },
  async official({ uri, options, database }, hear) {
    // Loaded here: the process of one driver holds nothing of the other.
    const { MongoClient } = await import('mongodb');
    const client = new MongoClient(uri, options);
    if (hear !== undefined) for (const name of EVENTS) client.on(name, (event: unknown) => hear(name, event as {}));
    await client.connect();
    const db = client.db(database);
    const inserted = db.collection<{ _id: number }>('inserted');
    const counters = db.collection<Counter>('counters');
    return {
      insert: (_id) => inserted.insertOne({ _id }),
      increment: (_id, number) => counters.updateOne({ _id }, { $inc: { n: 1 }, $push: { seen: number } }),
      read: (filter, signal) => counters.findOne(filter, signal && { signal }),
      close: () => client.close(),
    };
  },
};

/** One document of `counters`. */
export interface Counter {
  _id: number;
  n: number;
  seen: number[];
}

export function openClient(job: Job, hear?: Hear): Promise<DriverClient> {
  return OPENERS[job.driver](job, hear);
}
