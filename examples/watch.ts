// A page that shows what happens in a collection, while it happens: `npx tsx examples/watch.ts`, then open it in several
// windows. One change stream serves them all.
//
//   GET  /        the page, examples/watch-page.html    GET    /events     the changes, as server-sent events
//   GET  /orders  the orders that there are, as JSON    POST   /orders     places an order: { item, amount }
//                                                       DELETE /orders/ID  cancels it
//
// PORT is the port to listen on (default 8888). MONGODB_URI names the server and, in its path, the database: a replica set
// or a sharded cluster, as others have no changes to tell of; without it a set is started for the run. In your own project
// the first import is from 'rotor-mongodb'.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { AsyncClient, EJSON, ObjectId } from '../lib/index.js';
import { startDeployment } from '../spec/support/deployment/start-deployment.js';

const PORT = Number(process.env.PORT ?? 8888);
/** A proxy may take a connection on which nothing comes for dead. */
const SIGN_OF_LIFE_MS = 20_000;
/** A browser that is so many events behind begins anew. */
const BEHIND = 500;

interface Order {
  _id?: ObjectId;
  item: string;
  amount: number;
  placedAt: Date;
}

const deployment = await startDeployment({ shape: 'replicaSet', members: 1 });
const client = await AsyncClient.open(deployment.uri, { appName: 'watch', w: 'majority' });
const orders = client.getDefaultDatabase('shop').collection<Order>('orders');
const page = await readFile(new URL('watch-page.html', import.meta.url));

/** One cursor and one connection, however many browsers there are; none where there is no browser. */
const changes = orders.watch([], { fullDocument: 'updateLookup' }).share();

/** Server-sent events: each is lines of `name: value`, with an empty line at the end. */
async function sendEvents(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  await using listener = changes.listen({
    filter: { operationType: ['insert', 'update', 'replace', 'delete'] },
    bufferSize: BEHIND,
    // A browser that is too slow must not hold up the others. It connects again by itself, and reads the orders anew.
    onOverflow: 'fail',
    signal: gone.signal,
  });
  await listener.ready;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  // From now on no change is missed: the page reads the orders when it hears of this.
  response.write('event: ready\ndata: {}\n\n');
  const alive = setInterval(() => response.write(': still here\n\n'), SIGN_OF_LIFE_MS);
  try {
    for await (const change of listener) {
      const text = EJSON.stringify(change, { relaxed: true });
      if (response.write(`event: change\ndata: ${text}\n\n`)) continue;
      // Until the browser has taken it. Where it has gone away instead, the listener says so.
      await once(response, 'drain', { signal: gone.signal }).catch(() => undefined);
    }
  } finally {
    clearInterval(alive);
    request.destroy();
  }
}

async function placeOrder(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { item, amount } = (await json(request)) as Partial<Order>;
  if (typeof item !== 'string' || item === '' || !Number.isSafeInteger(amount)) {
    response.writeHead(400).end('An order has an item and an amount.');
    return;
  }
  const { insertedId } = await orders.insertOne({ item, amount: amount!, placedAt: new Date() });
  response.writeHead(201, { location: `/orders/${insertedId}` }).end();
}

/** Never rejects: whatever goes wrong becomes an answer. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const id = /^\/orders\/([0-9a-f]{24})$/.exec(pathname)?.[1];
    const route = `${request.method} ${pathname}`;
    if (route === 'GET /') response.setHeader('content-type', 'text/html; charset=utf-8').end(page);
    else if (route === 'GET /events') await sendEvents(request, response);
    else if (route === 'GET /orders')
      await orders.find().sort({ placedAt: -1 }).limit(50).pipeTo(response, { format: 'array' });
    else if (route === 'POST /orders') await placeOrder(request, response);
    else if (request.method === 'DELETE' && id !== undefined) {
      await orders.deleteOne({ _id: new ObjectId(id) });
      response.writeHead(204).end();
    } else response.writeHead(404).end('There is no such page.');
  } catch (error) {
    // There is nobody to answer where the browser has gone away, and nothing to add to what has been sent.
    if (response.headersSent || request.destroyed || response.destroyed) response.destroy();
    else response.writeHead(500).end('That did not work.');
    if (!(error instanceof DOMException)) console.error(error);
  }
}

const server = createServer((request, response) => void answer(request, response));
server.listen(PORT, '127.0.0.1', () => {
  console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

async function stop(): Promise<void> {
  server.close();
  server.closeAllConnections();
  await changes.close();
  await client.close();
  await deployment.stop();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
