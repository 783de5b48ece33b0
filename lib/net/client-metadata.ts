import { existsSync } from 'node:fs';
import { arch, platform, release, type } from 'node:os';
import { inspect, isDeepStrictEqual } from 'node:util';
import { type Document, Encoder } from '../bson/codec.js';
import type { DriverInfo } from '../options/client-options.js';

/** The handshake's limit for the whole metadata document, in bytes of BSON. */
const MAX_SIZE = 512;

/** The package's version. The house checks it against package.json, which no bundler would find at run time. */
export const driverVersion = '0.1.0';

/**
 * What one client says of itself: by its options, and by what libraries append later. Connections that are open have said
 * it already; new ones say the newest.
 *
 * @see MongoDB Handshake specification, "Metadata updates after MongoClient initialization"
 */
export class ClientMetadata {
  readonly #appName: string | undefined;
  readonly #infos: DriverInfo[] = [];
  #document: Document;

  /** @throws TypeError, RangeError for an info that is wrong */
  constructor(appName: string | undefined, info: DriverInfo | undefined) {
    this.#appName = appName;
    this.#document = clientMetadata(appName);
    if (info !== undefined) this.append(info);
  }

  /** For the handshake. */
  get document(): Document {
    return this.#document;
  }

  /**
   * What is the same as something that was said before is not said again.
   *
   * @throws TypeError for what is no info; RangeError where all together is more than the server takes
   */
  append(info: DriverInfo): void {
    const checked = checkDriverInfo(info);
    if (this.#infos.some((known) => isDeepStrictEqual(known, checked))) return;
    const infos = [...this.#infos, checked];
    const joined = (field: keyof DriverInfo): string => infos.flatMap((each) => each[field] ?? []).join('|');
    const document = clientMetadata(this.#appName, {
      ...{ name: joined('name'), version: joined('version'), platform: joined('platform') },
    });
    if (sizeOf(document) > MAX_SIZE) {
      throw new RangeError(`driverInfo is too long: with it the client's metadata are over ${MAX_SIZE} bytes`);
    }
    this.#infos.push(checked);
    this.#document = document;
  }
}

const FIELDS = ['name', 'version', 'platform'] as const;

/** Without the fields that are empty, which count as not given. */
function checkDriverInfo(info: DriverInfo): DriverInfo {
  if (typeof info !== 'object' || info === null) {
    throw new TypeError(`driverInfo must be an object of ${FIELDS.join(', ')}, not ${inspect(info)}`);
  }
  const entries = FIELDS.map((field) => [field, info[field]] as const).filter(
    ([, text]) => text !== undefined && text !== '',
  );
  for (const [field, text] of entries) {
    // "All strings provided as part of the driver info MUST NOT contain the delimiter".
    if (typeof text === 'string' && !text.includes('|')) continue;
    throw new TypeError(`driverInfo.${field} must be a string without "|", not ${inspect(text)}`);
  }
  return Object.fromEntries(entries);
}

/**
 * What the client tells the server of itself in its first message: application, driver, system, platform and the
 * function-as-a-service or container that it runs in. Cut down to 512 bytes in the order that the specification gives.
 *
 * @see MongoDB Handshake specification, "Client Metadata"
 */
export function clientMetadata(appName: string | undefined, info: DriverInfo = {}, env = process.env): Document {
  const metadata: Document = {};
  if (appName) metadata.application = { name: appName };
  metadata.driver = {
    name: info.name ? `rotor|${info.name}` : 'rotor',
    version: info.version ? `${driverVersion}|${info.version}` : driverVersion,
  };
  metadata.os = { type: type(), name: platform(), architecture: arch(), version: release() };
  metadata.platform = `Node.js ${process.version}, ${process.arch}${info.platform ? `|${info.platform}` : ''}`;
  const surroundings = environment(env);
  if (surroundings !== undefined) metadata.env = surroundings;
  return truncate(metadata);
}

/** Leaves out, one after another, what the specification says may go first, until the rest fits. */
function truncate(metadata: Document): Document {
  const cuts = [
    () => keepOnly(metadata, 'env', 'name'),
    () => keepOnly(metadata, 'os', 'type'),
    () => delete metadata.env,
    () => shortenPlatform(metadata),
  ];
  for (const cut of cuts) {
    if (sizeOf(metadata) <= MAX_SIZE) return metadata;
    cut();
  }
  return metadata;
}

const encoder = new Encoder();

function sizeOf(metadata: Document): number {
  return encoder.encode(metadata).length;
}

function keepOnly(metadata: Document, field: string, key: string): void {
  const value = metadata[field];
  if (value !== undefined) metadata[field] = value[key] === undefined ? {} : { [key]: value[key] };
  if (field === 'env' && value !== undefined && value[key] === undefined) delete metadata[field];
}

function shortenPlatform(metadata: Document): void {
  const excess = sizeOf(metadata) - MAX_SIZE;
  if (excess <= 0) return;
  const bytes = Buffer.from(metadata.platform);
  metadata.platform = bytes
    .subarray(0, Math.max(0, bytes.length - excess))
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  if (metadata.platform === '') delete metadata.platform;
}

/** One row a provider: the variables that give it away, and what else it tells. */
const PROVIDERS: readonly {
  readonly name: string;
  readonly found: (env: NodeJS.ProcessEnv) => boolean;
  readonly memory?: string;
  readonly region?: string;
  readonly timeout?: string;
}[] = [
  {
    name: 'vercel',
    found: (env) => Boolean(env.VERCEL),
    region: 'VERCEL_REGION',
  },
  {
    name: 'aws.lambda',
    found: (env) => Boolean(env.AWS_EXECUTION_ENV?.startsWith('AWS_Lambda_') || env.AWS_LAMBDA_RUNTIME_API),
    memory: 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
    region: 'AWS_REGION',
  },
  { name: 'azure.func', found: (env) => Boolean(env.FUNCTIONS_WORKER_RUNTIME) },
  {
    name: 'gcp.func',
    found: (env) => Boolean(env.K_SERVICE || env.FUNCTION_NAME),
    memory: 'FUNCTION_MEMORY_MB',
    region: 'FUNCTION_REGION',
    timeout: 'FUNCTION_TIMEOUT_SEC',
  },
];

/** Whether the process runs as a function (AWS Lambda and the like), which is suspended between two calls. */
export function runsAsFunction(env = process.env): boolean {
  return providerOf(env) !== undefined;
}

/** More than one provider at once means: none. */
function providerOf(env: NodeJS.ProcessEnv): (typeof PROVIDERS)[number] | undefined {
  let found = PROVIDERS.filter((provider) => provider.found(env));
  // Vercel runs on Lambda, and says so: it wins.
  if (found[0]?.name === 'vercel') found = found.filter((provider) => provider.name !== 'aws.lambda');
  return found.length === 1 ? found[0] : undefined;
}

/** The `env` document, or undefined where nothing is known. */
function environment(env: NodeJS.ProcessEnv): Document | undefined {
  const result: Document = {};
  const provider = providerOf(env);
  if (provider !== undefined) {
    result.name = provider.name;
    addNumber(result, 'timeout_sec', env[provider.timeout ?? '']);
    addNumber(result, 'memory_mb', env[provider.memory ?? '']);
    const region = env[provider.region ?? ''];
    if (region) result.region = region;
  }
  const container = containerOf(env);
  if (container !== undefined) result.container = container;
  return Object.keys(result).length === 0 ? undefined : result;
}

function addNumber(result: Document, key: string, text: string | undefined): void {
  if (text !== undefined && /^\d+$/.test(text) && Number(text) <= 0x7fffffff) result[key] = Number(text);
}

function containerOf(env: NodeJS.ProcessEnv): Document | undefined {
  const container: Document = {};
  if (inDocker()) container.runtime = 'docker';
  if (env.KUBERNETES_SERVICE_HOST) container.orchestrator = 'kubernetes';
  return Object.keys(container).length === 0 ? undefined : container;
}

let docker: boolean | undefined;

function inDocker(): boolean {
  docker ??= existsSync('/.dockerenv');
  return docker;
}
