import type { Document } from '../../../lib/index.js';
import type { EntityMap } from './entity-map.js';
import type { Operation } from './unified-file.js';
import { MalformedTestError } from './verdicts.js';

/** What an operation takes. */
export interface Parameters {
  readonly required?: readonly string[];
  readonly options?: readonly string[];
}

/** Options that go with every operation. */
export const COMMON_OPTIONS = [
  ...['session', 'comment', 'maxTimeMS', 'timeoutMS', 'rawData'],
  ...['readConcern', 'readPreference', 'writeConcern'],
];

/**
 * The arguments of an operation, with names replaced by what they stand for.
 *
 * @throws MalformedTestError for a missing and for an unknown argument
 * @see Unified Test Format specification, "Executing an Operation"
 */
export function prepareArguments(operation: Operation, parameters: Parameters, entities: EntityMap): Document {
  const given: Document = operation.arguments ?? {};
  const { required = [], options = [] } = parameters;
  for (const name of required) {
    if (given[name] === undefined) throw new MalformedTestError(`${operation.name} needs the argument ${name}`);
  }
  for (const name of Object.keys(given)) {
    if (!required.includes(name) && !options.includes(name)) {
      throw new MalformedTestError(`${operation.name} does not take the argument ${name}`);
    }
  }
  const prepared = withCursorType(withReadPreference(given));
  // A session that a fail point or an assertion names is looked up by the operation itself.
  if (given.session === undefined || operation.object === 'testRunner') return prepared;
  return { ...prepared, session: entities.get(given.session, 'session') };
}

/** Tag sets are `tagSets` in the format and `tags` in the driver; modes are also found with a capital. */
export function withReadPreference(options: Document): Document {
  const { readPreference } = options;
  if (readPreference === undefined) return options;
  const { tagSets, mode, ...others } = readPreference;
  const read = typeof mode === 'string' ? { mode: mode.charAt(0).toLowerCase() + mode.slice(1), ...others } : others;
  return { ...options, readPreference: tagSets === undefined ? read : { ...read, tags: tagSets } };
}

const CURSOR_TYPES: Readonly<Record<string, Document>> = {
  nonTailable: {},
  tailable: { tailable: true },
  tailableAwait: { tailable: true, awaitData: true },
};

function withCursorType(options: Document): Document {
  if (options.cursorType === undefined) return options;
  const { cursorType, ...others } = options;
  const flags = CURSOR_TYPES[cursorType];
  if (flags === undefined) throw new MalformedTestError(`there is no cursorType ${cursorType}`);
  return { ...others, ...flags };
}
