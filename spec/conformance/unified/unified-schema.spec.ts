import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SpecFile } from '../format.js';
import { refusal } from './unified-schema.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'unified-schema-'));
  mkdirSync(join(folder, 'unified-test-format'));
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    required: ['description'],
    properties: { description: { type: 'string' }, schemaVersion: {} },
    additionalProperties: false,
  };
  writeFileSync(join(folder, 'unified-test-format/schema-1.0.json'), JSON.stringify(schema));
});

afterAll(() => rmSync(folder, { recursive: true }));

function reason(json: object): string | undefined {
  const path = 'crud/tests/a.json';
  return refusal({ suite: 'crud', path, absolute: join(folder, path), json } as SpecFile);
}

it('refuses versions that the runner does not know', () => {
  for (const schemaVersion of ['0.1', '1.29', '2.0', 'latest', undefined]) {
    expect(reason({ schemaVersion, description: 'a' })).toContain('schemaVersion');
  }
});

it('refuses what the schema of the version refuses, and says where', () => {
  expect(reason({ schemaVersion: '1.0', description: 'a' })).toBeUndefined();
  expect(reason({ schemaVersion: '1.0' })).toContain("must have required property 'description'");
  expect(reason({ schemaVersion: '1.0', description: 1 })).toContain('/description must be string');
  expect(reason({ schemaVersion: '1.0', description: 'a', foo: 1 })).toContain('(foo)');
});
