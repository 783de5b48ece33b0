// A message board on node:http, the web application of Motor's tutorial: `npx tsx examples/web-server.ts`.
//
//   GET  /         the newest messages        GET  /compose   the form
//   POST /compose  stores a message           GET  /export    all messages, one JSON document per line
//
// PORT is the port to listen on (default 8888). MONGODB_URI names the server and, in its path, the database; without it
// a server for the run is started. In your own project the first import is from 'rotor-mongodb'.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AsyncClient } from '../lib/index.js';
import { startDeployment } from '../spec/support/deployment/start-deployment.js';

interface Message {
  msg: string;
  at: Date;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the browser goes away: nobody waits for the database then. */
  readonly signal: AbortSignal;
}

type Handler = (exchange: Exchange) => Promise<void>;

const PORT = Number(process.env.PORT ?? 8888);
const MAX_BODY_BYTES = 10_000;
const SHOWN_MESSAGES = 100;
const SHUTDOWN_MS = 5_000;

const deployment = await startDeployment();
// `open` connects now: better no web server than one that finds at its first request that the database is not there.
const client = await AsyncClient.open(deployment.uri, { appName: 'message-board', serverSelectionTimeoutMS: 5_000 });
const messages = client.getDefaultDatabase('message_board').collection<Message>('messages');

const handlers: Record<string, Handler> = {
  'GET /': showMessages,
  'GET /compose': showForm,
  'POST /compose': storeMessage,
  'GET /export': exportMessages,
};

async function showMessages({ response, signal }: Exchange): Promise<void> {
  const items: string[] = [];
  for await (const { msg } of messages.find({}, { signal }).sort({ _id: -1 }).limit(SHOWN_MESSAGES)) {
    items.push(`<li>${escapeHTML(msg)}</li>`);
  }
  page(response, `<a href="/compose">Compose a message</a><ul>${items.join('\n')}</ul>`);
}

async function showForm({ response }: Exchange): Promise<void> {
  page(response, '<form method="post"><input type="text" name="msg" autofocus required><input type="submit"></form>');
}

async function storeMessage({ request, response, signal }: Exchange): Promise<void> {
  const msg = (await readForm(request)).get('msg')?.trim();
  if (!msg) throw new HTTPError(400, 'The message is empty.');
  await messages.insertOne({ msg, at: new Date() }, { signal });
  response.writeHead(303, { location: '/' }).end();
}

/** The whole collection, however large it is: as fast as the browser takes it, until it has all or goes away. */
async function exportMessages({ response }: Exchange): Promise<void> {
  await messages.find().sort({ _id: 1 }).pipeTo(response);
}

class HTTPError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const server = createServer((request, response) => {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  void answer({ request, response, signal: gone.signal });
});

/** Never rejects: whatever a handler throws becomes an answer. */
async function answer(exchange: Exchange): Promise<void> {
  const { request, response, signal } = exchange;
  const route = `${request.method} ${request.url?.split('?')[0]}`;
  try {
    const handler = handlers[route];
    if (handler === undefined) throw new HTTPError(404, 'There is no such page.');
    await handler(exchange);
  } catch (error) {
    if (signal.aborted) return; // There is nobody to answer.
    const known = error instanceof HTTPError;
    if (!known) console.error(`${route}:`, error);
    if (response.headersSent) response.destroy();
    else page(response, known ? error.message : 'Something went wrong.', known ? error.status : 500);
  }
}

/** The fields of a form that was posted. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not destroy the request: its connection carries the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new HTTPError(413, `A message has at most ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

function page(response: ServerResponse, body: string, status = 200): void {
  // After a body that was too long the connection is of no more use.
  if (status === 413) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
  response.end(`<!doctype html><title>Messages</title>${body}`);
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHTML(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Takes no more requests, lets those under way finish, then lets go of the database. */
async function shutDown(): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), SHUTDOWN_MS).unref();
  await closed;
  // Operations whose request has been cut off may still end well.
  await client.close({ drainMS: SHUTDOWN_MS });
  await deployment.stop();
  console.log('Shut down in order');
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void shutDown());

server.listen(PORT, () => console.log(`Listening on http://localhost:${(server.address() as AddressInfo).port}`));
