import { officialClient } from '../official-client.js';

const TIMEOUT_MS = 5000;

/**
 * Asks a running server for its version. With the official driver, as what is under test must not vouch for itself.
 *
 * @throws Error when no server answers within five seconds; the message has no credentials.
 */
export async function serverVersion(uri: string): Promise<string> {
  try {
    const client = officialClient(uri, { serverSelectionTimeoutMS: TIMEOUT_MS, connectTimeoutMS: TIMEOUT_MS });
    try {
      const reply = await client.db('admin').command({ buildInfo: 1 });
      return String(reply.version);
    } finally {
      await client.close();
    }
  } catch (error) {
    throw new Error(`MONGODB_URI is set, but its server cannot be used: ${(error as Error).message}`, { cause: error });
  }
}
