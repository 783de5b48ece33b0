import { type Document, MongoClient, type MongoClientOptions, type ReadConcernLevel } from 'mongodb';
import { AsyncClient, EJSON } from '../../../lib/index.js';
import { askAdmin } from '../../support/deployment/ask-admin.js';
import { directTo, hostsOf } from '../deployments/connection-uri.js';
import type { ReadyDeployment } from '../format.js';
import { show } from './match-place.js';
import type { CollectionData } from './unified-file.js';
import { Difference } from './verdicts.js';

/** Server errors that killAllSessions may answer with. @see Unified Test Format, "Terminating Open Transactions" */
const TOLERATED_BY_KILL = new Set([11601, 13, 59]);
const NAMESPACE_NOT_FOUND = 26;

/** Milliseconds for finding a server: the deployment is up, so longer means that it has died. */
const SELECTION_TIMEOUT_MS = 5_000;

/** Server parameters by deployment: they do not change while it runs. */
const parameters = new WeakMap<ReadyDeployment, Document>();

/**
 * A deployment as the tests of one file see it from outside: clients of the official driver prepare the data and look at
 * the outcome, so that nothing of this depends on the driver under test.
 */
export class Ground implements AsyncDisposable {
  readonly deployment: ReadyDeployment;
  /** Through the deployment's front door, as clients of a cluster would. */
  readonly #setup: MongoClient;
  /** Directly at the real primary. */
  readonly #internal: MongoClient;

  constructor(deployment: ReadyDeployment) {
    this.deployment = deployment;
    const options = { serverSelectionTimeoutMS: SELECTION_TIMEOUT_MS };
    this.#setup = groundClient(deployment, deployment.setupURI, options);
    this.#internal =
      deployment.internalURI === deployment.setupURI
        ? this.#setup
        : groundClient(deployment, deployment.internalURI, options);
  }

  /** All server parameters; none where the server does not tell. */
  async parameters(): Promise<Document> {
    const known = parameters.get(this.deployment);
    if (known !== undefined) return known;
    const all = await this.#internal
      .db('admin')
      .command({ getParameter: '*' })
      .catch(() => ({}));
    parameters.set(this.deployment, all);
    return all;
  }

  /** Makes collections hold these documents and nothing else. @returns the cluster time of the last write */
  async prepare(initialData: readonly CollectionData[]): Promise<Document | undefined> {
    for (const data of initialData) await this.#fill(data);
    const { topology } = this.deployment;
    if (topology === 'single' || initialData.length === 0) return undefined;
    return (await this.#setup.db('admin').command({ ping: 1 })).$clusterTime;
  }

  /** Drops collections, `[database, collection]` each. */
  async clear(namespaces: readonly (readonly [string, string])[]): Promise<void> {
    for (const [database, collection] of namespaces) await this.#drop(database, collection);
  }

  /** Runs a `distinct` before a sharded transaction does: a router gets to know the database's version by it. */
  async warmUpDistinct(initialData: readonly CollectionData[]): Promise<void> {
    for (const { databaseName, collectionName } of initialData) {
      await this.#setup.db(databaseName).collection(collectionName).distinct('_id');
    }
  }

  /**
   * @throws Difference where a collection does not hold exactly these documents
   * @see Unified Test Format specification, "Executing a Test"
   */
  async checkOutcome(outcome: readonly CollectionData[]): Promise<void> {
    for (const { databaseName, collectionName, documents } of outcome) {
      const collection = this.#setup.db(databaseName).collection(collectionName, {
        readConcern: { level: 'local' as ReadConcernLevel },
        readPreference: 'primary',
      });
      const actual = await collection.find({}, { sort: { _id: 1 } }).toArray();
      const same = actual.length === documents.length && documents.every((one, at) => sameData(one, actual[at]));
      if (!same) {
        throw new Difference(
          `outcome: expected ${databaseName}.${collectionName} to hold ${show(documents)}, but it holds ${show(actual)}`,
        );
      }
    }
  }

  collectionExists(databaseName: string, collectionName: string): Promise<boolean> {
    const cursor = this.#setup.db(databaseName).listCollections({ name: collectionName }, { nameOnly: true });
    return cursor.hasNext().finally(() => cursor.close());
  }

  async indexExists(databaseName: string, collectionName: string, indexName: string): Promise<boolean> {
    const indexes = await this.#setup
      .db(databaseName)
      .collection(collectionName)
      .indexes()
      .catch((error) => {
        if (error.code === NAMESPACE_NOT_FOUND) return [];
        throw error;
      });
    return indexes.some(({ name }) => name === indexName);
  }

  /**
   * Switches a fail point off: on the server with this address, or else on the primary and on all that stand in front of
   * it, for a façade keeps some fail points to itself.
   */
  async disableFailPoint(name: string, address?: string): Promise<void> {
    const off = { configureFailPoint: name, mode: 'off' };
    await this.adminCommand(off, address);
    if (address !== undefined || !this.deployment.facade) return;
    for (const uri of this.#doors()) await askAdmin(uri, off);
  }

  /** Runs a command at the real primary, or at the server with this address. */
  async adminCommand(command: Document, address?: string): Promise<Document> {
    if (address === undefined) return this.#internal.db('admin').command(command);
    return commandAt(this.deployment, directTo(this.deployment.internalURI, address), command);
  }

  /** Ends all transactions that are open on the deployment, which would block later tests. */
  async killAllSessions(): Promise<void> {
    await this.adminCommand({ killAllSessions: [] }).catch((error) => {
      if (!TOLERATED_BY_KILL.has(error.code)) throw error;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#setup.close(), this.#internal.close()]);
  }

  async #drop(databaseName: string, collectionName: string): Promise<void> {
    const command = { drop: collectionName, writeConcern: { w: 'majority' } };
    await this.#setup
      .db(databaseName)
      .command(command)
      .catch((error) => {
        if (error.code !== NAMESPACE_NOT_FOUND) throw error;
      });
  }

  async #fill({ databaseName, collectionName, createOptions, documents }: CollectionData): Promise<void> {
    const database = this.#setup.db(databaseName);
    const writeConcern = { w: 'majority' } as const;
    await this.#drop(databaseName, collectionName);
    if (createOptions !== undefined || documents.length === 0) {
      await database.command({ create: collectionName, ...createOptions, writeConcern });
    }
    if (documents.length > 0) {
      await database
        .collection(collectionName, { writeConcern })
        .insertMany([...documents], { ignoreUndefined: false });
    }
  }

  /** A connection string to each server that a façade shows. */
  #doors(): string[] {
    const { topology, uri, uris } = this.deployment;
    const all = [...new Set([uri, ...uris])];
    // A load balancer gives its connections to two servers in turn: two clients, one after the other, meet both.
    if (topology === 'load-balanced') return all.flatMap((one) => [one, one]);
    return [...new Set(all.flatMap(hostsOf))].map((address) => directTo(uri, address));
  }
}

async function commandAt(deployment: ReadyDeployment, uri: string, command: Document): Promise<Document> {
  const client = groundClient(deployment, uri, { serverSelectionTimeoutMS: SELECTION_TIMEOUT_MS });
  try {
    return await client.db('admin').command(command);
  } finally {
    await client.close();
  }
}

/** Equality in everything but the order of fields, and the types of numbers that the file does not tell. */
function sameData(expected: unknown, actual: unknown): boolean {
  return sorted(expected) === sorted(actual);
}

function sorted(value: unknown): string {
  const plain = JSON.parse(EJSON.stringify({ value }, { relaxed: true }));
  return JSON.stringify(plain, (_, part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** The official driver, which begins at MongoDB 4.4; below, Rotor has to arrange its own tests. */
function groundClient({ version, facade }: ReadyDeployment, uri: string, options: MongoClientOptions): MongoClient {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  // Behind a façade there is a server that is new enough.
  const isOld = !facade && (major < 4 || (major === 4 && minor < 4));
  return isOld
    ? (new AsyncClient(uri, { connectTimeoutMS: SELECTION_TIMEOUT_MS }) as unknown as MongoClient)
    : new MongoClient(uri, options);
}
