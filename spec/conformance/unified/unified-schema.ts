import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js';
import type { SpecFile } from '../format.js';
import { specificationsFolder } from '../specifications-folder.js';
import { compareVersions, parseVersion } from './server-version.js';

/** The version of the format that the runner knows, and the version up to which it knows the schema alone. */
export const SUPPORTED_VERSION = '1.28';

const DRAFT_7 = 'http://json-schema.org/draft-07/schema#';
const DRAFT_2019 = 'https://json-schema.org/draft/2019-09/schema#';

const validators = new Map<string, ValidateFunction | undefined>();

/**
 * Why a file cannot be run: its version is not supported, or its schema does not accept it. Undefined where it can.
 *
 * The schemas lie beside the tests of the format; for a folder without them, where specifications usually are. Where no
 * schema of the version is found, that is the reason: a file that nobody has checked must not count.
 *
 * @see Unified Test Format specification, "Test Runner Support"
 */
export function refusal(file: SpecFile): string | undefined {
  const version = String(file.json?.schemaVersion);
  if (!/^\d+(\.\d+){0,2}$/.test(version)) return `schemaVersion '${version}' is no version`;
  const [major] = parseVersion(version);
  const [supportedMajor] = parseVersion(SUPPORTED_VERSION);
  if (major !== supportedMajor || compareVersions(version, SUPPORTED_VERSION) > 0) {
    return `schemaVersion ${version} is not supported: the runner knows ${supportedMajor}.0 to ${SUPPORTED_VERSION}`;
  }
  return schemaRefusal(file, version);
}

/** Why the schema of the file's version does not accept it. */
export function schemaRefusal(file: SpecFile, version: string): string | undefined {
  const [major, minor] = parseVersion(version);
  const validate = validatorFor(file, `schema-${major}.${minor}.json`);
  if (validate === undefined) return `there is no schema-${major}.${minor}.json in ${folders(file).join(' or ')}`;
  if (validate(file.json)) return undefined;
  const reasons = (validate.errors ?? []).slice(0, 3).map(({ instancePath, message, params }) => {
    const more = params.additionalProperty === undefined ? '' : ` (${params.additionalProperty})`;
    return `${instancePath || 'the file'} ${message}${more}`;
  });
  return `the schema refuses it: ${reasons.join('; ')}`;
}

function validatorFor(file: SpecFile, name: string): ValidateFunction | undefined {
  const path = folders(file)
    .map((folder) => join(folder, name))
    .find(existsSync);
  if (path === undefined) return undefined;
  if (!validators.has(path)) validators.set(path, compile(path));
  return validators.get(path);
}

/** Where schemas may lie: below the folder that the file comes from, and below those that are always looked into. */
function folders({ absolute, path }: SpecFile): string[] {
  const levels = path.split('/').length;
  const source = Array.from({ length: levels }).reduce<string>((folder) => dirname(folder), absolute);
  const usual = specificationsFolder(undefined, process.env, process.cwd());
  const sources = usual.kind === 'found' ? [source, join(usual.folder, 'source')] : [source];
  return [...new Set(sources)].map((folder) => join(folder, 'unified-test-format'));
}

/** The schemas up to 1.23 are of draft 7, and say so; nothing in them means something else in 2019-09. */
function compile(path: string): ValidateFunction {
  const schema = JSON.parse(readFileSync(path, 'utf8'));
  if (schema.$schema === DRAFT_7) schema.$schema = DRAFT_2019;
  return new Ajv2019({ strict: false, allErrors: false }).compile(schema);
}
