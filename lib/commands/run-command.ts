import { inspect } from 'node:util';
import { bsonTypeOf, type Document } from '../bson/codec.js';
import { refuseFormerOptions } from '../options/unknown-option.js';
import type { Command, CommandInput } from './command.js';
import { type OpenedCursor, openedCursor } from './cursor-reply.js';
import { orderedBody } from './ordered-body.js';

export interface RunCommandInput extends CommandInput {
  readonly command: unknown;
}

/** The user's document goes out as it is: the client's concerns are not added, as the Run Command specification says. */
function build({ command, options }: RunCommandInput): Document {
  refuseFormerOptions(options, 'command');
  if (typeof command !== 'object' || command === null || Array.isArray(command) || bsonTypeOf(command) !== undefined) {
    throw new TypeError(`command must be a document such as { ping: 1 }, not ${inspect(command, { depth: 0 })}`);
  }
  const body: Document = command instanceof Map ? bodyOf(command) : { ...command };
  if (Object.keys(body).length === 0) throw new TypeError('command must not be empty: its first key is its name');
  return body;
}

const WHOLE_NUMBER = /^\d+$/;

function bodyOf(command: ReadonlyMap<string, unknown>): Document {
  for (const name of command.keys()) if (WHOLE_NUMBER.test(name)) return orderedBody(command);
  return Object.fromEntries(command);
}

/** Any command; the reply as a document. */
export const runCommand: Command<RunCommandInput, Document> = Object.freeze({
  name: '',
  kind: 'command',
  build,
  parse: (reply, _input, scope) => reply.document(scope.decoder),
} satisfies Command<RunCommandInput, Document>);

/** Any command whose reply is a cursor. */
export const runCursorCommand: Command<RunCommandInput, OpenedCursor> = Object.freeze({
  name: '',
  kind: 'command',
  build,
  parse: openedCursor,
} satisfies Command<RunCommandInput, OpenedCursor>);
