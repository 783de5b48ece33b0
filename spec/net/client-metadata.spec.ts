import { existsSync } from 'node:fs';
import { deserialize, serialize } from 'bson';
import { ClientMetadata, clientMetadata, driverVersion, runsAsFunction } from '../../lib/net/client-metadata.js';
import type { DriverInfo } from '../../lib/options/client-options.js';

jest.mock('node:fs', () => ({ ...jest.requireActual('node:fs'), existsSync: jest.fn(() => false) }));

const LAMBDA = { AWS_EXECUTION_ENV: 'AWS_Lambda_java8' };
const size = (metadata: object): number => serialize(metadata).length;

describe('client metadata', () => {
  it('says who is there', () => {
    const metadata = clientMetadata('shop', undefined, {});
    expect(metadata).toEqual({
      application: { name: 'shop' },
      driver: { name: 'rotor', version: driverVersion },
      os: { type: expect.any(String), name: process.platform, architecture: process.arch, version: expect.any(String) },
      platform: `Node.js ${process.version}, ${process.arch}`,
    });
    expect(Object.keys(metadata)[0]).toBe('application');
    expect(clientMetadata(undefined, undefined, {})).not.toHaveProperty('application');
  });

  it('appends what a wrapping library says of itself', () => {
    const info = { name: 'odm', version: '1.2', platform: 'Deno' };
    expect(clientMetadata(undefined, info, {})).toMatchObject({
      driver: { name: 'rotor|odm', version: `${driverVersion}|1.2` },
      platform: `Node.js ${process.version}, ${process.arch}|Deno`,
    });
    expect(clientMetadata(undefined, { name: 'odm' }, {}).driver).toEqual({
      name: 'rotor|odm',
      version: driverVersion,
    });
  });

  it.each<[string, Record<string, string>, object | undefined]>([
    [
      'AWS',
      { ...LAMBDA, AWS_REGION: 'us-east-2', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024' },
      { name: 'aws.lambda', region: 'us-east-2', memory_mb: 1024 },
    ],
    ['AWS by its runtime', { AWS_LAMBDA_RUNTIME_API: 'x' }, { name: 'aws.lambda' }],
    ['Azure', { FUNCTIONS_WORKER_RUNTIME: 'node' }, { name: 'azure.func' }],
    [
      'GCP',
      { K_SERVICE: 'service', FUNCTION_MEMORY_MB: '1024', FUNCTION_TIMEOUT_SEC: '60', FUNCTION_REGION: 'us-central1' },
      { name: 'gcp.func', memory_mb: 1024, timeout_sec: 60, region: 'us-central1' },
    ],
    ['GCP by both of its names', { K_SERVICE: 'a', FUNCTION_NAME: 'b' }, { name: 'gcp.func' }],
    ['Vercel', { VERCEL: '1', VERCEL_REGION: 'cdg1' }, { name: 'vercel', region: 'cdg1' }],
    ['Vercel on Lambda', { ...LAMBDA, VERCEL: '1', AWS_REGION: 'x' }, { name: 'vercel' }],
    ['several providers', { ...LAMBDA, FUNCTIONS_WORKER_RUNTIME: 'node' }, undefined],
    ['Vercel and another', { VERCEL: '1', K_SERVICE: 'a' }, undefined],
    ['a region of 512 letters', { ...LAMBDA, AWS_REGION: 'a'.repeat(512) }, { name: 'aws.lambda' }],
    ['a size that is no number', { ...LAMBDA, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: 'big' }, { name: 'aws.lambda' }],
    ['a size over int32', { ...LAMBDA, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '2147483648' }, { name: 'aws.lambda' }],
    ['AWS without Lambda', { AWS_EXECUTION_ENV: 'EC2' }, undefined],
    ['empty variables', { VERCEL: '', K_SERVICE: '' }, undefined],
    [
      'a container beside a provider',
      { ...LAMBDA, AWS_REGION: 'us-east-2', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024', KUBERNETES_SERVICE_HOST: '1' },
      { name: 'aws.lambda', region: 'us-east-2', memory_mb: 1024, container: { orchestrator: 'kubernetes' } },
    ],
    ['a container alone', { KUBERNETES_SERVICE_HOST: '1' }, { container: { orchestrator: 'kubernetes' } }],
  ])('knows its surroundings: %s', (_name, env, expected) => {
    const metadata = clientMetadata(undefined, undefined, env);
    expect(metadata.env).toEqual(expected);
    expect('env' in metadata).toBe(expected !== undefined);
    expect(runsAsFunction(env)).toBe(expected !== undefined && 'name' in expected);
    expect(size(metadata)).toBeLessThanOrEqual(512);
  });

  it('knows docker by its file, and asks once', () => {
    jest.isolateModules(() => {
      const fs: { existsSync: jest.Mock } = require('node:fs');
      fs.existsSync.mockReset().mockReturnValue(true);
      const fresh: { clientMetadata: typeof clientMetadata } = require('../../lib/net/client-metadata.js');
      for (let i = 0; i < 2; i++) {
        expect(fresh.clientMetadata(undefined, undefined, {}).env).toEqual({ container: { runtime: 'docker' } });
      }
      expect(fs.existsSync.mock.calls).toEqual([['/.dockerenv']]);
    });
    expect(existsSync).not.toBe(undefined);
  });
});

describe('metadata over 512 bytes loses', () => {
  const ENV = { ...LAMBDA, AWS_REGION: 'us-east-2', KUBERNETES_SERVICE_HOST: '1' };
  const whole = clientMetadata('a', undefined, ENV);
  const room = 512 - size(whole);
  /** The platform of a wrapping library: as many bytes as `over` says too many, its bar included. */
  const crowded = (over: number, letter = 'p'): any =>
    clientMetadata('a', { platform: letter.repeat((room + over - 1) / letter.length) }, ENV);
  const nameOnly = { ...whole, env: { name: 'aws.lambda' } };
  const typeOnly = { ...nameOnly, os: { type: whole.os.type } };
  const { env: _, ...withoutEnv } = typeOnly;
  const saved = (smaller: object): number => size(whole) - size(smaller);

  it('nothing at 512', () => {
    expect(size(crowded(0))).toBe(512);
    expect(crowded(0)).toMatchObject({ env: whole.env, os: whole.os });
  });

  it.each([
    ['env but its name', 1, saved(nameOnly), { env: nameOnly.env, os: whole.os }],
    ['os but its type', saved(nameOnly) + 1, saved(typeOnly), { env: nameOnly.env, os: typeOnly.os }],
    ['env', saved(typeOnly) + 1, saved(withoutEnv), { env: undefined, os: typeOnly.os }],
  ])('%s', (_name, from, to, expected) => {
    for (const over of [from, to]) {
      const metadata = crowded(over);
      expect({ env: metadata.env, os: metadata.os }).toEqual(expected);
      expect(metadata.platform).toMatch(/p{20}$/);
      expect(size(metadata)).toBeLessThanOrEqual(512);
    }
  });

  it('the end of the platform, whole letters at a time', () => {
    const over = saved(withoutEnv) + 1;
    expect(size(crowded(over))).toBe(512);
    expect(crowded(over)).not.toHaveProperty('env');
    for (let more = 0; more < 3; more++) {
      const metadata = clientMetadata('a', { platform: `${'p'.repeat(more)}${'€'.repeat(400)}` }, ENV);
      expect(size(metadata)).toBeGreaterThan(512 - 3);
      expect(size(metadata)).toBeLessThanOrEqual(512);
      expect(metadata.platform).toMatch(/€$/);
    }
  });
});

describe('ClientMetadata', () => {
  const told = ({ document }: ClientMetadata): [string, string, string] => [
    document.driver.name,
    document.driver.version,
    document.platform.slice(document.platform.indexOf(process.arch) + process.arch.length),
  ];

  it('appends what it is told, in order', () => {
    const metadata = new ClientMetadata('shop', { name: 'odm', version: '1' });
    const before = metadata.document;
    metadata.append({ name: 'framework', version: '2.0', platform: 'Framework Platform' });
    metadata.append({ name: 'more' });
    expect(told(metadata)).toEqual(['rotor|odm|framework|more', `${driverVersion}|1|2.0`, '|Framework Platform']);
    expect(metadata.document.application).toEqual({ name: 'shop' });
    // What a handshake has begun to send does not change.
    expect(before.driver.name).toBe('rotor|odm');
  });

  it('appends nothing twice, what it was made with included, also with something else in between', () => {
    const first = { name: 'odm', version: '1', platform: 'p' };
    const metadata = new ClientMetadata(undefined, first);
    metadata.append({ ...first });
    metadata.append({ name: 'framework' });
    metadata.append({ ...first });
    metadata.append({ name: 'framework' });
    metadata.append({ ...first, version: '2' });
    expect(told(metadata)).toEqual(['rotor|odm|framework|odm', `${driverVersion}|1|2`, '|p|p']);
  });

  it('takes empty texts for none', () => {
    const metadata = new ClientMetadata(undefined, { name: 'odm', version: '' });
    metadata.append({ name: 'odm', platform: '' });
    metadata.append({ name: 'odm' });
    metadata.append({ name: '', version: '', platform: '' });
    expect(told(metadata)).toEqual(['rotor|odm', driverVersion, '']);
  });

  it.each<[unknown, string]>([
    ['odm', "driverInfo must be an object of name, version, platform, not 'odm'"],
    [null, 'driverInfo must be an object of name, version, platform, not null'],
    [{ name: 'a|b' }, 'driverInfo.name must be a string without "|", not \'a|b\''],
    [{ name: 'a', version: 3 }, 'driverInfo.version must be a string without "|", not 3'],
    [{ platform: { $where: 1 } }, 'driverInfo.platform must be a string'],
  ])('refuses %j', (info, words) => {
    const metadata = new ClientMetadata(undefined, undefined);
    expect(() => metadata.append(info as DriverInfo)).toThrow(TypeError);
    expect(() => metadata.append(info as DriverInfo)).toThrow(words);
    expect(told(metadata)[0]).toBe('rotor');
  });

  it('refuses what servers would, and goes on as before', () => {
    const metadata = new ClientMetadata(undefined, { name: 'odm' });
    expect(() => metadata.append({ name: 'x'.repeat(600) })).toThrow(RangeError);
    expect(told(metadata)[0]).toBe('rotor|odm');
    // The platform may be cut.
    metadata.append({ platform: 'x'.repeat(600) });
    expect(size(metadata.document)).toBe(512);
  });

  it('takes every other text as it is', () => {
    const odd = '\0 {"$ne": 1} \u2028 \ud83d\ude00 ..\\ $';
    const metadata = new ClientMetadata(odd, { name: odd });
    expect(metadata.document).toMatchObject({ application: { name: odd }, driver: { name: `rotor|${odd}` } });
    expect(deserialize(serialize(metadata.document))).toEqual(metadata.document);
  });
});
