import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from '../commands/command.js';
import { getMore } from '../commands/get-more.js';

/** What the server takes at most, in milliseconds: a signed number of 32 bits. */
const MAX_TIME_MS = 0x7fff_ffff;

/**
 * A command under a deadline: the deadline takes the place of every older limit, and the server is told what is left of
 * it.
 *
 * @param body the command, which is changed
 * @param leftMS milliseconds until the deadline without the way to the server and back; Infinity for no limit
 * @see MongoDB Client Side Operations Timeout specification, "Command Execution"
 */
export function limitCommand(
  body: Document,
  { name }: Pick<Command<never, unknown>, 'name'>,
  { tellsServer }: CommandInput,
  leftMS: number,
): void {
  if (name === getMore.name) {
    // It says how long it waits for documents, if it does.
    if (body.maxTimeMS !== undefined) body.maxTimeMS = Math.min(body.maxTimeMS, leftMS);
    return;
  }
  if (tellsServer !== false && leftMS <= MAX_TIME_MS) body.maxTimeMS = leftMS;
  else delete body.maxTimeMS;
  // What the user wrote as a command stays as it is.
  if (name === '' || body.writeConcern === undefined) return;
  const { wtimeout: _, ...others } = body.writeConcern;
  if (Object.keys(others).length > 0) body.writeConcern = others;
  else delete body.writeConcern;
}
