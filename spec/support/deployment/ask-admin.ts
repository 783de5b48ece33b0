import type { Db, Document } from 'mongodb-6';
import { adminClient } from '../admin-client.js';

/** Milliseconds until a server that does not answer counts as gone. */
const TIMEOUT_MS = 5000;

/**
 * Lends the `admin` database of one server. By the official driver, as what is under test must not carry its own tests.
 *
 * @param uri of one server, with `directConnection=true`.
 * @param timeoutMS how long the server may take to be found.
 */
export async function withAdmin<T>(uri: string, use: (admin: Db) => Promise<T>, timeoutMS = TIMEOUT_MS): Promise<T> {
  const client = adminClient(uri, { serverSelectionTimeoutMS: timeoutMS, connectTimeoutMS: timeoutMS });
  try {
    return await use(client.db('admin'));
  } finally {
    await client.close();
  }
}

/** Runs one command on the `admin` database of one server. */
export function askAdmin(uri: string, command: Document, timeoutMS?: number): Promise<Document> {
  return withAdmin(uri, (admin) => admin.command(command), timeoutMS);
}

/**
 * Asks again and again, 30 ms apart.
 *
 * @param ask gives what is wanted, or undefined for not yet.
 * @param complaint begins the message of the error at the end of the time.
 */
export async function until<T>(
  timeoutMS: number,
  complaint: string | (() => string),
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + timeoutMS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) {
      throw new Error(`${typeof complaint === 'string' ? complaint : complaint()} after ${timeoutMS / 1000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
