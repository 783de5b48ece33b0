import { Binary, type Document, deserialize } from 'bson';
import type { AuthenticatedConnection, Conversation } from '../../lib/auth/mechanism.js';
import type { Credential } from '../../lib/options/credential.js';
import { credentialOf } from '../../lib/options/credential.js';

/** What a server does with a command: the reply, or its refusal. */
export type Step = Document | Error | ((command: Document) => Document | Error);

/** Holds a conversation with a server that answers one step after the other. Gives the commands, and the end. */
export async function hold(
  conversation: Conversation,
  ...steps: Step[]
): Promise<{ readonly commands: Document[]; readonly result: boolean | undefined; readonly error: any }> {
  const commands: Document[] = [];
  let result: boolean | undefined;
  let error: any;
  try {
    let step = await conversation.next();
    while (!step.done) {
      commands.push(step.value);
      const given = steps[commands.length - 1];
      if (given === undefined) throw new Error(`nothing is scripted for command ${commands.length}`);
      const answer = typeof given === 'function' ? given(step.value) : given;
      step = answer instanceof Error ? await conversation.throw(answer) : await conversation.next(answer);
    }
    result = step.value;
  } catch (caught) {
    error = caught;
  }
  return { commands, result, error };
}

/** A credential as options give it. */
export function credential(given: Record<string, unknown>): Credential {
  return credentialOf(new Map(Object.entries(given)), undefined)!;
}

export function connectionTo(host = 'db.example', connectTimeoutMS = 1_000): AuthenticatedConnection {
  return { host, connectTimeoutMS, accessToken: undefined };
}

/** A reply of SASL. */
export function sasl(payload: string | Uint8Array, done: boolean, conversationId = 7): Document {
  return { ok: 1, conversationId, done, payload: new Binary(Buffer.from(payload as string)) };
}

export function textOf({ payload }: Document): string {
  return Buffer.from(payload.buffer.subarray(0, payload.position)).toString();
}

export function documentOf({ payload }: Document): Document {
  return deserialize(payload.buffer.subarray(0, payload.position));
}
