import { AsyncClient, type ClientOptions, type Document, type LogMessage } from '../../../lib/index.js';
import type { ReadyDeployment } from '../format.js';
import { asNotBuiltYet, need } from './capabilities.js';
import { clientURI } from './client-uri.js';
import type { ObservedLogMessage } from './match-logs.js';
import type { ObservedSpan } from './match-spans.js';
import { ObservedEvents } from './observed-events.js';
import { ObservedSpans } from './observed-spans.js';
import { sleep } from './sleep.js';
import { Difference } from './verdicts.js';

/** A client under test, with what it has told of. */
export interface TestClient {
  readonly client: AsyncClient;
  readonly events: ObservedEvents;
  readonly logs: readonly ObservedLogMessage[];
  readonly spans: readonly ObservedSpan[];
}

const POLL_MS = 10;

/**
 * Makes a client entity.
 *
 * @param spec the entity, as the file has it
 * @throws NotBuiltYet where the driver refuses an option or a deployment as still to come
 */
export async function makeTestClient(deployment: ReadyDeployment, spec: Document): Promise<TestClient> {
  if (spec.autoEncryptOpts !== undefined) need('client-side encryption');
  const events = new ObservedEvents(spec);
  const logs: ObservedLogMessage[] = [];
  const spans = new ObservedSpans();
  const client = construct(deployment, spec, logs, spans);
  events.listenTo(client);
  // The format counts on monitoring from the beginning: what is known of the topology is asked for, which begins it.
  void client.ioLoop.topology;
  if (spec.awaitMinPoolSizeMS !== undefined) {
    await awaitMinPoolSize(client, spec.awaitMinPoolSizeMS);
    events.forgetPreparation();
    const kept = logs.filter(({ component }) => component !== 'connection' && component !== 'topology');
    logs.splice(0, logs.length, ...kept);
  }
  return {
    client,
    events,
    logs,
    get spans() {
      return spans.tree();
    },
  };
}

/** "Test runners SHOULD specify a reduced value for heartbeatFrequencyMS (and minHeartbeatFrequencyMS if possible)". */
const QUICK = { heartbeatFrequencyMS: 500, minHeartbeatFrequencyMS: 50 } as const;

function construct(
  deployment: ReadyDeployment,
  spec: Document,
  logs: ObservedLogMessage[],
  spans: ObservedSpans,
): AsyncClient {
  const options: ClientOptions = {
    ...(spec.uriOptions?.heartbeatFrequencyMS === undefined ? QUICK : {}),
    ...(spec.serverApi === undefined ? {} : { serverApi: spec.serverApi }),
    ...(spec.observeTracingMessages === undefined ? {} : { tracing: spans.options(spec.observeTracingMessages) }),
    ...(spec.observeLogMessages === undefined ? {} : logOptions(spec.observeLogMessages, logs)),
  };
  try {
    return new AsyncClient(clientURI(deployment, spec), options);
  } catch (error) {
    throw asNotBuiltYet(error) ?? error;
  }
}

/** Whole documents, so that they can be read again. */
const LOG_LENGTH = 10_000;

/** The format has the names of syslog. */
function logOptions(levels: Readonly<Record<string, string>>, logs: ObservedLogMessage[]): ClientOptions {
  const severities = Object.entries(levels).map(([name, level]) => [name, level === 'warning' ? 'warn' : level]);
  return {
    mongodbLogComponentSeverities: { default: 'off', ...Object.fromEntries(severities) },
    mongodbLogMaxDocumentLength: LOG_LENGTH,
    mongodbLogPath: ({ t, c, s, ...data }: LogMessage) =>
      void logs.push({ component: c, level: s === 'warn' ? 'warning' : s, data }),
  };
}

/** @throws Difference where the pools are not filled in time */
async function awaitMinPoolSize(client: AsyncClient, timeoutMS: number): Promise<void> {
  const deadline = performance.now() + timeoutMS;
  const isFilled = (): boolean => {
    const pools = client.poolStats();
    return pools.length > 0 && pools.every(({ total }) => total >= client.minPoolSize);
  };
  await client.open();
  while (!isFilled()) {
    if (performance.now() > deadline) {
      throw new Difference(`the pool has not been filled to minPoolSize ${client.minPoolSize} within ${timeoutMS} ms`);
    }
    await sleep(POLL_MS);
  }
}
