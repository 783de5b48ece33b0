import { isDeepStrictEqual } from 'node:util';
import type { ServerDescription } from '../../../lib/topology/server-description.js';
import type { Topology } from '../../../lib/topology/topology.js';
import type { TopologyDescription } from '../../../lib/topology/topology-description.js';
import type { Format } from '../format.js';
import { MockDeployment } from './mock-deployment.js';
import { Comparison, Difference, nameOfFile, runPureTest } from './pure-test.js';

/**
 * Server Discovery and Monitoring: what is known of a deployment, and what events tell of it, after replies and errors
 * that are made up. A field that a test leaves out is not compared.
 */
export const topologyPhasesFormat: Format = {
  name: 'server discovery and monitoring',
  accepts: ({ json }) => typeof json?.uri === 'string' && Array.isArray(json.phases),
  async run(file, context) {
    runPureTest(file, context, nameOfFile(file), () => check(file.json));
  },
};

const PHASE_FIELDS = new Set(['description', 'responses', 'applicationErrors', 'outcome']);

function check(json: any): void {
  // "Multi-threaded and asynchronous clients do not need this ServerType; it is synonymous with Unknown."
  const { uri, phases } = JSON.parse(JSON.stringify(json).replaceAll('"PossiblePrimary"', '"Unknown"'));
  const deployment = new MockDeployment(uri);
  try {
    const comparison = new Comparison();
    phases.forEach((phase: any, index: number) => {
      checkPhase(comparison, `phase ${index + 1}`, deployment, phase);
    });
    comparison.end();
  } finally {
    deployment.close();
  }
}

function checkPhase(comparison: Comparison, place: string, deployment: MockDeployment, phase: any): void {
  const unknown = Object.keys(phase).find((field) => !PHASE_FIELDS.has(field));
  if (unknown !== undefined) throw new Difference(`the test cannot be read: unknown field ${unknown} of a phase`);
  for (const [address, response] of phase.responses ?? []) deployment.checked(address, response);
  for (const error of phase.applicationErrors ?? []) deployment.applicationFailed(error);
  if (phase.outcome.events === undefined) compareTopology(comparison, place, deployment.topology, phase.outcome);
  else compareEvents(comparison, place, deployment, phase.outcome.events);
}

/** How a field of an outcome is found. What a test calls null is undefined here. */
const TOPOLOGY_FIELDS: Readonly<Record<string, (topology: TopologyDescription) => unknown>> = {
  topologyType: ({ type }) => type,
  setName: ({ setName }) => setName,
  logicalSessionTimeoutMinutes: ({ logicalSessionTimeoutMinutes }) => logicalSessionTimeoutMinutes,
  maxSetVersion: ({ maxSetVersion }) => maxSetVersion,
  maxElectionId: ({ maxElectionId }) => plain(maxElectionId),
  compatible: ({ compatibilityError }) => compatibilityError === undefined,
};

const SERVER_FIELDS: Readonly<Record<string, (server: ServerDescription) => unknown>> = {
  type: ({ type }) => type,
  setName: ({ setName }) => setName,
  setVersion: ({ setVersion }) => setVersion,
  electionId: ({ electionId }) => plain(electionId),
  logicalSessionTimeoutMinutes: ({ logicalSessionTimeoutMinutes }) => logicalSessionTimeoutMinutes,
  // "Both default to 0", which the tests call null.
  minWireVersion: ({ minWireVersion }) => minWireVersion || undefined,
  maxWireVersion: ({ maxWireVersion }) => maxWireVersion || undefined,
  topologyVersion: ({ topologyVersion: version }) =>
    version && { processId: plain(version.processId), counter: { $numberLong: String(version.counter) } },
};

function plain(id: { toHexString(): string } | undefined): object | undefined {
  return id && { $oid: id.toHexString() };
}

function compareTopology(comparison: Comparison, place: string, topology: Topology, outcome: any): void {
  const { description } = topology;
  const { servers, ...fields } = outcome;
  compareFields(comparison, place, TOPOLOGY_FIELDS, description, fields);
  comparison.same(
    `${place}: servers`,
    () => [...description.servers.keys()].sort(),
    Object.keys(servers).sort(),
    isDeepStrictEqual,
  );
  for (const [address, { error, pool, ...expected }] of Object.entries<any>(servers)) {
    const server = description.servers.get(address);
    if (server === undefined) continue;
    const where = `${place}: ${address}`;
    compareFields(comparison, where, SERVER_FIELDS, server, expected);
    if (error !== undefined) comparison.same(`${where} error`, () => server.error?.message, error, includes);
    if (pool !== undefined)
      comparison.same(
        `${where} pool`,
        () => ({ generation: topology.server(address)?.pool.generation }),
        pool,
        isDeepStrictEqual,
      );
  }
}

function compareFields<Description>(
  comparison: Comparison,
  place: string,
  known: Readonly<Record<string, (description: Description) => unknown>>,
  description: Description,
  expected: Readonly<Record<string, unknown>>,
): void {
  for (const [field, value] of Object.entries(expected)) {
    const read = known[field];
    if (read === undefined) throw new Difference(`the test cannot be read: unknown field ${field}`);
    const wanted = value === 0 && field.endsWith('WireVersion') ? null : value;
    comparison.same(`${place} ${field}`, () => read(description) ?? null, wanted, isDeepStrictEqual);
  }
}

function includes(found: string | undefined, expected: string): boolean {
  return found?.includes(expected) === true;
}

function compareEvents(
  comparison: Comparison,
  place: string,
  { topology, events }: MockDeployment,
  expected: readonly object[],
): void {
  const found = events.splice(0).map(({ name, event }) => ({ [testName(name)]: shown(event, topology.id) }));
  comparison.same(`${place}: events`, () => found, expected, isDeepStrictEqual);
}

/** `serverOpening` is `server_opening_event` in the tests. */
function testName(name: string): string {
  return `${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_event`;
}

/** An event with what the tests look at, as they write it: every topology is number 42. */
function shown({ topologyId, previousDescription, newDescription, ...event }: any, id: number): object {
  const descriptions = previousDescription && {
    previousDescription: shownDescription(previousDescription),
    newDescription: shownDescription(newDescription),
  };
  return { topologyId: topologyId === id ? '42' : topologyId, ...event, ...descriptions };
}

function shownDescription(description: TopologyDescription | ServerDescription): object {
  if ('servers' in description) {
    const { type, setName, servers } = description;
    return { topologyType: type, ...given({ setName }), servers: [...servers.values()].map(shownDescription) };
  }
  const { address, arbiters, hosts, passives, type, primary, setName } = description;
  return { address, arbiters, hosts, passives, type, ...given({ primary, setName }) };
}

/** Without the fields that have no value. */
function given(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
