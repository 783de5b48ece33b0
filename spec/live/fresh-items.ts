import { AsyncClient, type AsyncCollection, type CommandStartedEvent } from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { startSet } from '../support/proxy/start-set.js';

/** What a test of sessions begins with. */
export interface FreshItems {
  readonly set: Deployment;
  readonly client: AsyncClient;
  /** `items` of the database, with the documents that it begins with. */
  readonly items: AsyncCollection<any>;
  /** The commands of the client from then on, and their names. */
  readonly started: CommandStartedEvent[];
  readonly names: string[];
  /** The ids that everybody sees, in their order. */
  stored(): Promise<unknown[]>;
}

/** Defines the set-up of tests on a replica set of their own: a new client and the same documents before each. */
export function freshItems(
  database: string,
  use: (fresh: FreshItems) => void,
  documents: readonly object[] = [{ _id: 0 }],
): void {
  let set: Deployment;
  let client: AsyncClient;

  beforeAll(async () => {
    set = await startSet(1);
  }, 60_000);
  afterAll(() => set?.stop());
  beforeEach(async () => {
    client = await AsyncClient.open(set.uri, { w: 'majority' });
    const items = client.db(database).collection<any>('items');
    await items.deleteMany({});
    await items.insertMany(documents);
    const started: CommandStartedEvent[] = [];
    const names: string[] = [];
    client.on('commandStarted', (event) => {
      started.push(event);
      names.push(event.commandName);
    });
    const stored = async (): Promise<unknown[]> =>
      (await items.find({}, { sort: { _id: 1 }, session: null }).toArray()).map(({ _id }) => _id);
    use({ set, client, items, started, names, stored });
  });
  afterEach(() => client.close());
}
