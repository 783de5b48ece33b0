import type { Document, MongoClient } from 'mongodb';
import { officialClient } from '../official-client.js';
import { until } from './ask-admin.js';

/** How long an election may take, with a member or two that are gone. */
const ELECTION_TIMEOUT_MS = 20_000;
/** How long one server may take to say what it is. */
const ANSWER_TIMEOUT_MS = 1000;

interface Candidate {
  /** Reaches this server alone. */
  readonly anonymousURI: string;
}

/**
 * Asks the servers of a replica set until one of them is the primary.
 *
 * @param candidates gives those that can answer at the moment.
 * @throws Error when there is none after 20 seconds.
 */
export async function findPrimary<T extends Candidate>(candidates: () => readonly T[]): Promise<T> {
  const clients = new Map<T, MongoClient>();
  const clientOf = (candidate: T): MongoClient => {
    const client =
      clients.get(candidate) ??
      officialClient(candidate.anonymousURI, {
        serverSelectionTimeoutMS: ANSWER_TIMEOUT_MS,
        connectTimeoutMS: ANSWER_TIMEOUT_MS,
        socketTimeoutMS: ANSWER_TIMEOUT_MS,
      });
    clients.set(candidate, client);
    return client;
  };
  try {
    return await until(ELECTION_TIMEOUT_MS, 'the replica set has no primary', async () => {
      const asked = candidates();
      const hellos = await Promise.all(asked.map((candidate) => askHello(clientOf(candidate))));
      return newestPrimary(asked, hellos);
    });
  } finally {
    await Promise.all([...clients.values()].map((client) => client.close()));
  }
}

/** A server that does not answer is no primary; which one is missing shows in the configuration, not here. */
async function askHello(client: MongoClient): Promise<Document | undefined> {
  try {
    return await client.db('admin').command({ hello: 1 });
  } catch {
    return undefined;
  }
}

/** Of two that claim to be it, the one of the later election is; the other has not noticed yet. */
function newestPrimary<T>(asked: readonly T[], hellos: readonly (Document | undefined)[]): T | undefined {
  let newest: { electionId: string; member: T } | undefined;
  for (const [index, member] of asked.entries()) {
    const hello = hellos[index];
    if (!hello?.isWritablePrimary) continue;
    const electionId = String(hello.electionId ?? '');
    if (newest === undefined || electionId > newest.electionId) newest = { electionId, member };
  }
  return newest?.member;
}
