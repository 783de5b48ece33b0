import { type Document, MongoClient } from 'mongodb';
import { hostsOf } from '../deployments/connection-uri.js';
import type { DeploymentChoice, Format, Outcome, RunContext, SpecFile } from '../format.js';
import { Difference } from '../pure/pure-test.js';
import { unmetBefore } from '../unified/requirements.js';
import { MOCKED, type PoolGround, serverGround } from './pool-ground.js';
import { PoolTest } from './pool-test.js';

type End = Pick<Outcome, 'status' | 'deployment'> & { readonly message?: string };

/** Tests of the connection pool on connections without a network. Each file is one test. */
export const poolUnitFormat: Format = {
  name: 'connection pool, unit',
  accepts: (file) => isPoolTest(file, 'unit'),
  run: (file, context) => runFile(file, context, async () => onGround(file.json, MOCKED, 'none', context.limitMS)),
};

/** Tests of the connection pool that need a server with fail points. */
export const poolIntegrationFormat: Format = {
  name: 'connection pool, integration',
  accepts: (file) => isPoolTest(file, 'integration'),
  run: (file, context) => runFile(file, context, () => onServer(file.json, context)),
};

function isPoolTest({ json }: SpecFile, style: string): boolean {
  return Object(json).style === style && Array.isArray(json.operations) && Array.isArray(json.events);
}

async function runFile(file: SpecFile, context: RunContext, run: () => Promise<End>): Promise<void> {
  const test = String(file.json.description);
  if (!context.selects(test)) return;
  const startedAt = performance.now();
  const skip = context.skipReason(file.suite, file.path, test);
  const end: End = skip === undefined ? await run() : { status: 'skipped by us', deployment: 'none', message: skip };
  context.report({ suite: file.suite, file: file.path, test, durationMS: performance.now() - startedAt, ...end });
}

async function onServer(json: any, context: RunContext): Promise<End> {
  const choice = context.deployments.candidates().find((candidate) => runsOn(json, candidate));
  if (choice === undefined) {
    return { status: 'skipped by requirement', deployment: 'none', message: `needs ${JSON.stringify(json.runOn)}` };
  }
  const { name, internalURI } = await context.deployments.get(choice);
  const admin = new MongoClient(internalURI);
  try {
    if (json.failPoint !== undefined) await setFailPoint(admin, json.failPoint);
    const ground = serverGround(hostsOf(internalURI)[0]!, json.poolOptions?.appName);
    return await onGround(json, ground, name, context.limitMS);
  } finally {
    const { configureFailPoint } = json.failPoint ?? {};
    if (configureFailPoint !== undefined) await setFailPoint(admin, { configureFailPoint, mode: 'off' });
    await admin.close();
  }
}

/** A server that answers by itself: what a façade does with fail points is another matter. */
function runsOn({ runOn = [{}] }: any, choice: DeploymentChoice): boolean {
  return !choice.facade && !choice.auth && runOn.some((row: object) => unmetBefore(row, choice) === undefined);
}

function setFailPoint(admin: MongoClient, failPoint: Document): Promise<Document> {
  return admin.db('admin').command(failPoint);
}

async function onGround(json: any, ground: PoolGround, deployment: string, limitMS: number): Promise<End> {
  const test = new PoolTest(json, ground);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Difference(`not done after ${limitMS} ms`)), limitMS);
  });
  try {
    await Promise.race([test.run(), late]);
    return { status: 'passed', deployment };
  } catch (error) {
    return { status: 'failed', deployment, message: error instanceof Difference ? error.message : `threw ${error}` };
  } finally {
    clearTimeout(timer);
    test.end();
  }
}
