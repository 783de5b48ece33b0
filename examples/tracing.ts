// A trace of a web request: the request, the operations that it caused and the commands that they sent, as a tree.
// `npx tsx examples/tracing.ts`
//
// A real application hands the spans to its collector by the OpenTelemetry SDK; this one prints them. MONGODB_URI names
// the server; without it a server for the run is started. In your own project the import is from 'rotor-mongodb'.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { AsyncClient } from '../lib/index.js';
import { startDeployment } from '../spec/support/deployment/start-deployment.js';

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const deployment = await startDeployment();
const client = new AsyncClient(deployment.uri, { tracing: { enabled: true, queryTextMaxLength: 60 } });
const orders = client.db(`rotor_tracing_${process.pid}`).collection('orders');
await orders.insertMany(Array.from({ length: 250 }, (_, n) => ({ customer: n % 2 ? 'Ada' : 'Bob', total: n })));
exporter.reset();

async function largeOrders(): Promise<number> {
  const large = await orders.find({ total: { $gt: 100 } }, { batchSize: 100 }).toArray();
  await orders.updateOne({ customer: 'Ada' }, { $set: { seen: new Date() } });
  return large.length;
}

const server = createServer((request, response) => {
  trace.getTracer('web').startActiveSpan(`${request.method} ${request.url}`, (span) => {
    largeOrders()
      .finally(() => span.end())
      .then(
        (count) => response.end(`${count} orders\n`),
        (error) => response.writeHead(500).end(`${error}\n`),
      );
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`);
console.log(await answer.text());
print(exporter.getFinishedSpans());

server.closeAllConnections();
server.close();
await orders.database.dropDatabase();
await client.close();
await deployment.stop();

function print(spans: readonly ReadableSpan[], parent?: string, indent = ''): void {
  for (const span of spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent)) {
    const text = span.attributes['db.query.text'];
    const [seconds, nanoseconds] = span.duration;
    const durationMS = (seconds * 1e3 + nanoseconds / 1e6).toFixed(1);
    console.log(`${indent}${span.name}  ${durationMS} ms${text === undefined ? '' : `  ${text}`}`);
    print(spans, span.spanContext().spanId, `${indent}  `);
  }
}
