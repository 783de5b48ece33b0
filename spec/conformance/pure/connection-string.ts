import { isDeepStrictEqual } from 'node:util';
import { ConfigurationError } from '../../../lib/errors/usage-errors.js';
import { layerOfURI, type OptionLayer } from '../../../lib/options/option-layer.js';
import { resolveOptions } from '../../../lib/options/resolve.js';
import type { ResolvedOptions } from '../../../lib/options/resolved-options.js';
import { findOption } from '../../../lib/options/table.js';
import { type ParsedURI, parseURI } from '../../../lib/options/uri.js';
import type { Format } from '../format.js';
import { Comparison, Difference, nameOfTest, runPureTest } from './pure-test.js';

/** One connection string with what it says. A field that is absent or null is not compared, but `credential: null`. */
interface URITest {
  readonly uri: string;
  readonly valid: boolean;
  readonly warning?: boolean | null;
  readonly hosts?: readonly { readonly type: string; readonly host: string; readonly port: number | null }[] | null;
  readonly auth?: {
    readonly username: string | null;
    readonly password: string | null;
    readonly db: string | null;
  } | null;
  readonly options?: Readonly<Record<string, unknown>> | null;
  readonly credential?: Readonly<Record<string, unknown>> | null;
  readonly readConcern?: object;
  readonly writeConcern?: object;
}

const FIELDS = new Set(
  'description uri valid warning hosts auth options credential readConcern writeConcern comment'.split(' '),
);

/** Connection String, URI Options, Authentication and Read and Write Concern: tests of what a string means. */
export const connectionStringFormat: Format = {
  name: 'connection string',
  accepts: ({ json }) =>
    Array.isArray(json?.tests) &&
    json.tests.length > 0 &&
    json.tests.every((test: any) => typeof test?.uri === 'string' && typeof test.valid === 'boolean'),
  async run(file, context) {
    file.json.tests.forEach((test: any, index: number) => {
      runPureTest(file, context, nameOfTest(test, index), () => check(test));
    });
  },
};

function check(test: URITest): void {
  const unknown = Object.keys(test).find((field) => !FIELDS.has(field));
  if (unknown !== undefined) throw new Difference(`the test cannot be read: unknown field ${unknown}`);
  if (test.valid) checkValid(test);
  else checkInvalid(test);
}

function checkInvalid({ uri, warning }: URITest): void {
  let resolved: ResolvedOptions;
  try {
    resolved = resolveOptions(uri);
  } catch (error) {
    if (error instanceof ConfigurationError) return;
    throw error;
  }
  // "Drivers may warn instead of raising an error" of an invalid value, unless the test says which.
  if ((warning ?? null) === null && resolved.warnings.length > 0) return;
  throw new Difference(`expected the connection string to be refused: ${uri}`);
}

function checkValid(test: URITest): void {
  const resolved = resolveOptions(test.uri);
  const parsed = parseURI(test.uri);
  const comparison = new Comparison();
  const same = (what: string, found: () => unknown, expected: unknown): void =>
    comparison.same(what, found, expected, isDeepStrictEqual);

  if (typeof test.warning === 'boolean' && resolved.warnings.length > 0 !== test.warning) {
    const found = resolved.warnings.map(({ message }) => message).join('; ') || 'none';
    comparison.note(`warning: expected ${test.warning ? 'one' : 'none'}, found ${found}`);
  }
  if (test.hosts) same('hosts', () => hostsOf(parsed), test.hosts.map(expectedHost));
  if (test.auth) same('auth', () => authOf(parsed), { ...NO_AUTH, ...test.auth });
  if (test.credential !== undefined) same('credential', () => credentialOf(resolved), test.credential);
  if (test.readConcern) same('readConcern', () => ({ ...resolved.readConcern.toDocument() }), test.readConcern);
  if (test.writeConcern) same('writeConcern', () => writeConcernOf(resolved), test.writeConcern);
  const options = layerOfURI(parsed.options, []);
  for (const [name, value] of Object.entries(test.options ?? {})) {
    same(`option ${name}`, () => optionOf(options, name), value);
  }
  comparison.end();
}

function hostsOf({ hosts }: ParsedURI): object[] {
  return hosts.map(({ path, host, port }) => (path ? { host: path, port: null } : { host, port }));
}

function expectedHost({ type, host, port }: { type: string; host: string; port: number | null }): object {
  return type === 'unix' ? { host, port: null } : { host, port: port ?? 27017 };
}

const NO_AUTH = { username: null, password: null, db: null };

function authOf({ username, password, database }: ParsedURI): object {
  return { username: username ?? null, password: password ?? null, db: database ?? null };
}

function credentialOf({ credential }: ResolvedOptions): object | null {
  if (credential === undefined) return null;
  const { username, password, source, mechanism, properties } = credential;
  return {
    username: username ?? null,
    password: password ?? null,
    source,
    mechanism: mechanism ?? null,
    mechanism_properties: propertiesOf(properties),
  };
}

/** Secrets are no part of a copy, and have to be asked for by their names. */
function propertiesOf(properties: Readonly<Record<string, unknown>>): object | null {
  const names = Object.getOwnPropertyNames(properties).filter((name) => typeof properties[name] !== 'function');
  return names.length > 0 ? Object.fromEntries(names.map((name) => [name, properties[name]])) : null;
}

/** The fields that are set, by the names of the specification. */
function writeConcernOf({ writeConcern: { w, wtimeoutMS, journal } }: ResolvedOptions): object {
  return JSON.parse(JSON.stringify({ w, wtimeoutMS, journal }));
}

function optionOf(options: OptionLayer, name: string): unknown {
  const found = findOption(name);
  if (found === undefined) throw new Difference(`Rotor knows no option ${name}`);
  return options.get(found.row.name);
}
