// The MongoDB adapter of Auth.js on a client of Rotor's. Prints what it got as JSON for libraries.spec.ts.
import { MongoDBAdapter } from '@auth/mongodb-adapter';
import { AsyncClient } from '../../../lib/index.js';

const [uri, databaseName = ''] = process.argv.slice(2);
const client = new AsyncClient(uri);
const adapter = MongoDBAdapter(client.open() as never, { databaseName }) as Required<ReturnType<typeof MongoDBAdapter>>;

const made = await adapter.createUser({ id: '', name: 'Ada', email: 'ada@example.com', emailVerified: null });
const byId = await adapter.getUser(made.id);
const updated = await adapter.updateUser({ id: made.id, name: 'Ada L.' });
await adapter.linkAccount({ userId: made.id, type: 'oauth', provider: 'github', providerAccountId: '42' });
const byAccount = await adapter.getUserByAccount({ provider: 'github', providerAccountId: '42' });
await adapter.createSession({ userId: made.id, sessionToken: 'token', expires: new Date(Date.now() + 60_000) });
const session = await adapter.getSessionAndUser('token');
await adapter.updateSession({ sessionToken: 'token', expires: new Date(0) });
const expired = await adapter.getSessionAndUser('token');
const verification = { identifier: 'ada@example.com', token: 'secret', expires: new Date(0) };
await adapter.createVerificationToken(verification);
const used = await adapter.useVerificationToken(verification);
const usedTwice = await adapter.useVerificationToken(verification);
await adapter.deleteSession('token');
const deleted = await adapter.getSessionAndUser('token');
await adapter.deleteUser(made.id);
const gone = await adapter.getUserByEmail('ada@example.com');
await client.close();

console.log(
  JSON.stringify({
    sameUser: made.id === byId?.id && made.id === byAccount?.id && made.id === session?.user.id,
    name: updated.name,
    sessionOf: session?.session.userId === made.id,
    expires: expired?.session.expires,
    used: used?.token,
    usedTwice,
    deleted,
    gone,
  }),
);
