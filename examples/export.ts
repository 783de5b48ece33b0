// A collection over HTTP, one document per line, however large it is: `npx tsx examples/export.ts`, then
// `curl localhost:8888`, or `curl 'localhost:8888/?format=array'` for one JSON array.
//
// PORT is the port to listen on (default 8888). MONGODB_URI names the server and, in its path, the database; without it
// a server for the run is started. In your own project the first import is from 'rotor-mongodb'.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AsyncClient } from '../lib/index.js';
import { startDeployment } from '../spec/support/deployment/start-deployment.js';

const deployment = await startDeployment();
const client = await AsyncClient.open(deployment.uri);
const items = client.getDefaultDatabase('export').collection('items');
if ((await items.estimatedDocumentCount()) === 0) {
  await items.insertMany(Array.from({ length: 20_000 }, (_, n) => ({ n, name: `item ${n}`, at: new Date() })));
}

const server = createServer((request, response) => {
  const format = request.url?.endsWith('format=array') ? 'array' : 'ndjson';
  const cursor = items.find().sort({ _id: 1 });
  cursor.pipeTo(response, { format, maxRows: 1_000_000 }).then(
    ({ rows, bytes }) => console.log(`Sent ${rows} documents, ${bytes} bytes`),
    (error) => {
      console.error(`Broken off: ${error}`);
      // Nothing has been sent where the query failed at once.
      if (!response.headersSent) response.writeHead(500).end('Something went wrong.');
    },
  );
});

process.once('SIGTERM', async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await client.close();
  await deployment.stop();
});

const port = Number(process.env.PORT ?? 8888);
server.listen(port, () => console.log(`Listening on http://localhost:${(server.address() as AddressInfo).port}`));
