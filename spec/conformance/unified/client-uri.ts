import type { Document } from '../../../lib/index.js';
import type { ReadyDeployment } from '../format.js';
import { MalformedTestError } from './verdicts.js';

/** A connection string in its three parts. */
interface Parts {
  /** The scheme with the credentials. */
  readonly head: string;
  readonly hosts: readonly string[];
  readonly database: string;
  readonly query: URLSearchParams;
}

const PATTERN = /^(mongodb(?:\+srv)?:\/\/(?:[^@/]*@)?)([^/?]+)(\/[^?]*)?(?:\?(.*))?$/;

function parse(uri: string): Parts {
  const [, head, hosts, database = '/', query = ''] = PATTERN.exec(uri) ?? [];
  if (head === undefined || hosts === undefined) throw new Error(`the deployment's connection string is none: ${uri}`);
  return { head, hosts: hosts.split(','), database, query: new URLSearchParams(query) };
}

/**
 * The connection string for a client entity: the deployment's, with the entity's options in the place of its own.
 *
 * A sharded cluster has one connection string for each router. `useMultipleMongoses` asks for all of them in one or for
 * the first alone. A load balancer is one host: the first connection string is that in front of one server, the second
 * that in front of several.
 *
 * @param spec the client entity: uriOptions, useMultipleMongoses
 * @see Unified Test Format specification, "entity.client"
 */
export function clientURI(deployment: ReadyDeployment, spec: Document): string {
  const options: Document = spec.uriOptions ?? {};
  const { head, hosts, database, query } = routed(deployment, spec.useMultipleMongoses);
  const direct = options.directConnection === true;
  for (const [name, value] of Object.entries(options)) {
    // The placeholder of what the deployment's own connection string has.
    if (typeof value === 'object' && value !== null && '$$placeholder' in value && query.has(name)) continue;
    const same = [...query.keys()].filter((key) => key.toLowerCase() === name.toLowerCase());
    for (const key of same) query.delete(key);
    for (const one of [values(name, value)].flat()) query.append(name, one);
  }
  if (direct) query.delete('replicaSet');
  const rest = query.size === 0 ? '' : `?${query.toString().replaceAll('+', '%20')}`;
  return `${head}${(direct ? hosts.slice(0, 1) : hosts).join(',')}${database}${rest}`;
}

function routed({ topology, uri, uris }: ReadyDeployment, multiple: boolean | undefined): Parts {
  if (topology === 'load-balanced') return parse(multiple === false ? (uris[0] ?? uri) : (uris[1] ?? uri));
  const parts = parse(uri);
  if (topology !== 'sharded' && topology !== 'sharded-replicaset') return parts;
  const routers = [...new Set([...parts.hosts, ...uris.flatMap((one) => parse(one).hosts)])];
  if (multiple === undefined) return parts;
  if (!multiple) return { ...parts, hosts: routers.slice(0, 1) };
  if (routers.length < 2) throw new Error(`the test needs two routers, and the deployment has only ${uri}`);
  return { ...parts, hosts: routers };
}

/** An option's value as a connection string has it; a list is an option that is given several times. */
function values(name: string, value: unknown): string | string[] {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== 'object' || value === null) return String(value);
  if ('$$placeholder' in value)
    throw new MalformedTestError(`there is nothing to put in for the placeholder of ${name}`);
  const pairs = Object.entries(value);
  for (const [key, one] of pairs) {
    if (typeof one === 'object') throw new MalformedTestError(`there is nothing to put in for ${name}.${key}`);
  }
  return pairs.map(([key, one]) => `${key}:${String(one)}`).join(',');
}
