import type { ReadyDeployment } from '../format.js';
import { clientURI } from './client-uri.js';
import { MalformedTestError } from './verdicts.js';

const standalone = deployment('single', 'mongodb://localhost:1/');
const cluster = deployment('sharded', 'mongodb://a:1/', 'mongodb://a:1/', 'mongodb://b:2/');

function deployment(topology: ReadyDeployment['topology'], uri: string, ...uris: string[]): ReadyDeployment {
  return { topology, uri, uris: uris.length === 0 ? [uri] : uris } as unknown as ReadyDeployment;
}

it('puts the options of the entity in the place of the deployment’s', () => {
  const given = deployment('single', 'mongodb://user:pass@localhost:1/db?retryWrites=false&w=1');
  expect(clientURI(given, {})).toBe('mongodb://user:pass@localhost:1/db?retryWrites=false&w=1');
  expect(clientURI(given, { uriOptions: { retrywrites: true, appname: 'a b' } })).toBe(
    'mongodb://user:pass@localhost:1/db?w=1&retrywrites=true&appname=a%20b',
  );
});

it('writes lists as several options and documents as pairs', () => {
  const uriOptions = { readPreferenceTags: ['dc:ny', ''], authMechanismProperties: { A: 'b', C: 1 } };
  expect(clientURI(standalone, { uriOptions })).toBe(
    'mongodb://localhost:1/?readPreferenceTags=dc%3Any&readPreferenceTags=&authMechanismProperties=A%3Ab%2CC%3A1',
  );
});

it('has for a placeholder what the deployment has, of its own', () => {
  const uri = 'mongodb://a:1/?authMechanismProperties=ENVIRONMENT%3Atest';
  const deployment = { topology: 'single', uri, uris: [uri] } as unknown as Parameters<typeof clientURI>[0];
  const uriOptions = { authMechanismProperties: { $$placeholder: 1 }, appName: 'x' };
  expect(clientURI(deployment, { uriOptions })).toBe(`${uri}&appName=x`);
});

it('has nothing to put in for other placeholders', () => {
  for (const uriOptions of [
    { appName: { $$placeholder: 1 } },
    { authMechanismProperties: { A: { $$placeholder: 1 } } },
  ]) {
    expect(() => clientURI(standalone, { uriOptions })).toThrow(MalformedTestError);
  }
});

it('gives a direct connection one host and no set name', () => {
  const set = deployment('replicaset', 'mongodb://a:1,b:2/?replicaSet=rs');
  expect(clientURI(set, { uriOptions: { directConnection: true } })).toBe('mongodb://a:1/?directConnection=true');
});

it('takes as many routers as the entity asks for', () => {
  expect(clientURI(cluster, {})).toBe('mongodb://a:1/');
  expect(clientURI(cluster, { useMultipleMongoses: false })).toBe('mongodb://a:1/');
  expect(clientURI(cluster, { useMultipleMongoses: true })).toBe('mongodb://a:1,b:2/');
  const alone = deployment('sharded', 'mongodb://a:1/');
  expect(() => clientURI(alone, { useMultipleMongoses: true })).toThrow('two routers');
});
