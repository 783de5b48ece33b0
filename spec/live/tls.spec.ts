import { readFile } from 'node:fs/promises';
import { createSecureContext, TLSSocket } from 'node:tls';
import { AsyncClient, type ClientOptions, ConfigurationError, ConnectionFailureError } from '../../lib/index.js';
import type { Deployment, TLSFiles } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { startDeployment } from '../support/deployment/start-deployment.js';
import { selfSigned } from '../support/deployment/test-authority.js';
import { uniqueDatabase } from '../support/live.js';

const quiet = { say: () => {} };
/** Every failure below shows long before server selection would give up; a loaded machine takes its time. */
const AT_ONCE_MS = 10_000;
const opened: AsyncClient[] = [];

afterEach(async () => {
  for (const client of opened.splice(0)) await client.close();
});

function make(deployment: Deployment, options: ClientOptions, host = '127.0.0.1'): AsyncClient {
  const port = deployment.members[0]!.address.split(':').at(-1);
  const client = new AsyncClient(`mongodb://${host}:${port}/`, options);
  opened.push(client);
  return client;
}

async function ping(client: AsyncClient): Promise<unknown> {
  return (await client.db('admin').command({ ping: 1 })).ok;
}

async function failureOf(client: AsyncClient): Promise<Error> {
  const start = performance.now();
  const error = await ping(client).then(
    () => new Error('nothing failed'),
    (reason: Error) => reason,
  );
  expect(performance.now() - start).toBeLessThan(AT_ONCE_MS);
  return error;
}

/** The TLS connections of this process to a server. */
function connectionsTo(deployment: Deployment): TLSSocket[] {
  const port = Number(deployment.members[0]!.address.split(':').at(-1));
  const handles: unknown[] = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles();
  return handles.filter((handle): handle is TLSSocket => handle instanceof TLSSocket && handle.remotePort === port);
}

ownServers('TLS', () => {
  let deployment: Deployment;
  let files: TLSFiles;

  beforeAll(async () => {
    deployment = await startDeployment({ ...quiet, tls: 'required' });
    files = deployment.tls!;
  }, 60_000);
  afterAll(() => deployment.stop());

  it('by the connection string, in files', async () => {
    const client = new AsyncClient(deployment.uri);
    opened.push(client);
    expect(await ping(client)).toBe(1);
    // One of the monitor's may still be on its way.
    const sockets = connectionsTo(deployment).filter((socket) => socket.getProtocol() !== null && socket.bytesRead > 0);
    expect(sockets.length).toBeGreaterThan(0);
    expect(sockets.every((socket) => socket.encrypted && socket.authorized)).toBe(true);
  });

  it('with all material in memory', async () => {
    const ca = await readFile(files.caFile);
    const pem = await readFile(files.certificateKeyFile, 'utf8');
    expect(await ping(make(deployment, { ca }))).toBe(1);
    expect(await ping(make(deployment, { ca, cert: pem, key: pem }))).toBe(1);
    expect(await ping(make(deployment, { secureContext: createSecureContext({ ca }) }))).toBe(1);
    expect(await ping(make(deployment, { tlsCAFile: files.caFile, maxVersion: 'TLSv1.2' }))).toBe(1);
  });

  it('carries documents of every size, both ways', async () => {
    const client = make(deployment, { tlsCAFile: files.caFile });
    const things = client.db(uniqueDatabase('tls')).collection('things');
    const documents = [10, 10_000, 100_000, 5_000_000, 15_000_000].map((size, _id) => ({
      _id,
      text: 'x'.repeat(size),
    }));
    await things.insertMany(documents);
    const found = await things.find().sort({ _id: 1 }).toArray();
    expect(found.map(({ text }) => (text as string).length)).toEqual(documents.map(({ text }) => text.length));
  }, 60_000);

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('resumes its session across the pool: %s', async (maxVersion) => {
    const pooled = { serverMonitoringMode: 'poll', minPoolSize: 5 } as const;
    const client = make(deployment, { tlsCAFile: files.caFile, maxVersion, ...pooled });
    let ready = 0;
    const filled = new Promise<void>((resolve) => {
      client.on('connectionReady', () => void (++ready === 5 && resolve()));
    });
    await ping(client);
    await filled;
    const sockets = connectionsTo(deployment);
    expect(sockets.length).toBeGreaterThan(3);
    // All but the first, and one that may have been opened beside it.
    expect(sockets.filter((socket) => socket.isSessionReused()).length).toBeGreaterThanOrEqual(sockets.length - 2);
    expect(sockets.map((socket) => socket.getProtocol())).toEqual(sockets.map(() => maxVersion));
  });

  it.each<[string, () => ClientOptions | Promise<ClientOptions>, string, string]>([
    ['nobody to trust', () => ({ tls: true }), '127.0.0.1', 'name the one that has in tlsCAFile'],
    [
      'another authority',
      async () => ({ ca: (await selfSigned()).cert }),
      '127.0.0.1',
      'no trusted authority has signed its certificate',
    ],
    [
      'a revoked certificate',
      () => ({ tlsCAFile: files.caFile, tlsCRLFile: files.revokingCRLFile }),
      '127.0.0.1',
      'its certificate has been revoked (tlsCRLFile)',
    ],
    ['another host', () => ({ tlsCAFile: files.caFile }), '127.0.0.2', 'its certificate is for other hosts'],
    ['a name of its own', () => ({ tlsCAFile: files.caFile, servername: 'db' }), '127.0.0.1', 'is for other hosts'],
  ])('fails at once for %s', async (_name, options, host, words) => {
    // The server listens on 127.0.0.1 alone: another name for it is what lookup makes of a name.
    const lookup = ((_host: string, { all }: { all?: boolean }, done: (...result: unknown[]) => void) =>
      all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)) as never;
    const isElsewhere = host === '127.0.0.2';
    const client = make(deployment, { ...(await options()), lookup }, isElsewhere ? 'elsewhere.example' : host);
    const error = await failureOf(client);
    expect(error).toBeInstanceOf(ConnectionFailureError);
    expect(error.message).toContain(words);
  });

  it('takes what it would refuse where that is allowed', async () => {
    expect(await ping(make(deployment, { tlsInsecure: true }))).toBe(1);
    expect(await ping(make(deployment, { tlsAllowInvalidCertificates: true }))).toBe(1);
    const other = { tlsCAFile: files.caFile, servername: 'db', tlsAllowInvalidHostnames: true };
    expect(await ping(make(deployment, other))).toBe(1);
    expect(await ping(make(deployment, { tlsCAFile: files.caFile, tlsCRLFile: files.crlFile }))).toBe(1);
  });

  it('names the file that cannot be used', async () => {
    const error = await failureOf(make(deployment, { tlsCAFile: '/does/not/exist.pem' }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain('option tlsCAFile: cannot read the file "/does/not/exist.pem": ENOENT');
  });

  it('is asked for in words where the server takes nothing else', async () => {
    const error = await failureOf(make(deployment, { tls: false }));
    expect(error).toBeInstanceOf(ConnectionFailureError);
    expect(error.message).toContain('it takes only TLS connections: set the option tls');
  });
});

ownServers('a server without TLS', () => {
  it('is named as such at once', async () => {
    await using deployment = await startDeployment(quiet);
    const error = await failureOf(make(deployment, { tls: true }));
    expect(error).toBeInstanceOf(ConnectionFailureError);
    expect(error.message).toContain('it answers in plain text: it does not speak TLS');
  }, 60_000);
});

ownServers('a server that demands a certificate of its clients', () => {
  it('gets it, and its demand is named where there is none', async () => {
    await using deployment = await startDeployment({ ...quiet, tls: 'mutual' });
    const { caFile, certificateKeyFile } = deployment.tls!;
    const both = { tlsCAFile: caFile, tlsCertificateKeyFile: certificateKeyFile };
    expect(await ping(make(deployment, both))).toBe(1);
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      // It hangs up without a word, as one does that is shutting down: the client waits for another.
      const serverSelectionTimeoutMS = 4_000;
      const error = await failureOf(make(deployment, { tlsCAFile: caFile, maxVersion, serverSelectionTimeoutMS }));
      expect(error).toBeInstanceOf(ConnectionFailureError);
      expect(error.message).toContain("perhaps it demands a certificate of the client's: give tlsCertificateKeyFile");
    }
  }, 60_000);
});
