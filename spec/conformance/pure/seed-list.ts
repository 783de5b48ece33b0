import { isDeepStrictEqual } from 'node:util';
import { RotorError } from '../../../lib/errors/rotor-error.js';
import type { SRVRecord, SRVResolver } from '../../../lib/options/client-options.js';
import { resolveOptions } from '../../../lib/options/resolve.js';
import type { ResolvedOptions } from '../../../lib/options/resolved-options.js';
import { parseURI } from '../../../lib/options/uri.js';
import { resolveSeedlist } from '../../../lib/topology/resolve-seedlist.js';
import type { Format, SpecFile } from '../format.js';
import { Comparison, Difference, nameOfFile, runPureTest } from './pure-test.js';
import { RECORDS } from './seed-list-records.js';

const FIELDS = [
  'uri',
  'seeds',
  'numSeeds',
  'hosts',
  'numHosts',
  'options',
  'parsed_options',
  'ping',
  'error',
  'comment',
];

/**
 * Initial DNS Seedlist Discovery: which servers and options a mongodb+srv:// name stands for. DNS is played by a resolver
 * with the records that the tests rely on; what `hosts` and `ping` say of the servers behind them is not checked.
 */
export const seedListFormat: Format = {
  name: 'SRV seed list',
  accepts: ({ json }) => typeof json?.uri === 'string' && /^mongodb\+srv:/.test(json.uri) && isExpecting(json),
  async run(file, context) {
    const found = await settle(file);
    runPureTest(file, context, nameOfFile(file), () => check(file.json, found));
  },
};

function isExpecting(json: object): boolean {
  return FIELDS.slice(1).some((field) => field in json);
}

/** The options that came of the name, or the error. */
async function settle({ json: { uri } }: SpecFile): Promise<ResolvedOptions | Error> {
  try {
    // A database to authenticate against shows only where somebody authenticates.
    const user = parseURI(uri).username === undefined ? { username: 'user', password: 'pencil' } : {};
    return await resolveSeedlist(resolveOptions(uri, { ...user, resolver: RESOLVER }));
  } catch (error) {
    return error as Error;
  }
}

function check(test: any, found: ResolvedOptions | Error): void {
  const unknown = Object.keys(test).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) throw new Difference(`the test cannot be read: unknown field ${unknown}`);
  if (found instanceof Error) {
    if (test.error === true && found instanceof RotorError) return;
    throw found;
  }
  if (test.error === true) throw new Difference(`expected an error, found ${found.hosts.join(', ')}`);
  const comparison = new Comparison();
  const same = (what: string, value: () => unknown, expected: unknown): void =>
    comparison.same(what, value, expected, isDeepStrictEqual);
  const seeds = found.hosts.map(String).toSorted();
  if (test.seeds) same('seeds', () => seeds, test.seeds.toSorted());
  if (test.numSeeds !== undefined) same('number of seeds', () => seeds.length, test.numSeeds);
  for (const [name, value] of Object.entries(test.options ?? {})) same(name, () => optionOf(found, name), value);
  for (const [name, value] of Object.entries(test.parsed_options ?? {})) {
    same(name, () => parsedOptionOf(found, name, test.uri), value);
  }
  comparison.end();
}

function optionOf(options: ResolvedOptions, name: string): unknown {
  if (name === 'ssl') return options.tls !== undefined;
  if (name === 'authSource') return options.credential?.source;
  if (name in options) return options[name as keyof ResolvedOptions];
  throw new Difference(`Rotor knows no option ${name}`);
}

function parsedOptionOf({ credential, database }: ResolvedOptions, name: string, uri: string): unknown {
  if (name === 'user') return credential?.username;
  if (name === 'password') return credential?.password;
  if (name === 'db' || name === 'defaultDatabase') return database;
  if (name === 'auth_database') return parseURI(uri).database;
  throw new Difference(`the test cannot be read: unknown parsed option ${name}`);
}

const RESOLVER: SRVResolver = {
  async resolveSrv(name): Promise<readonly SRVRecord[]> {
    return RECORDS[name]?.srv?.map(([host, port]) => ({ name: host, port })) ?? notFound(name);
  },
  async resolveTxt(name): Promise<readonly (readonly string[])[]> {
    return RECORDS[name]?.txt ?? notFound(name);
  },
};

function notFound(name: string): never {
  throw Object.assign(new Error(`query ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
}
