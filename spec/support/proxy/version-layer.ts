import { type Document, Int32 } from 'bson';
import { refuseDollarFields } from './dollar-fields.js';
import { errorReply, isFailure } from './error-reply.js';
import { isHello, type Layer, type Next, withFields } from './layer.js';
import type { Command } from './message.js';
import { refusals } from './refusals.js';
import type { VersionProfile } from './version-profile.js';

const [V4_2, V4_4, V5_0] = [8, 9, 13];
const DOLLAR_CHECKED = new Set(['insert', 'update', 'findAndModify', 'findandmodify']);
/** Labels that servers add since 4.4; before, drivers do (retryable-writes.md, change-streams.md). */
const LABELS_OF_4_4 = new Set(['RetryableWriteError', 'ResumableChangeStreamError']);

/** What a version is, seen from outside: its numbers, and the options and labels that older servers do not have. */
export class VersionLayer implements Layer {
  readonly #profile: VersionProfile;

  constructor(profile: VersionProfile) {
    this.#profile = profile;
  }

  wants(): boolean {
    return true;
  }

  async handle(command: Command, next: Next): Promise<Document | undefined> {
    const reply = await this.#carryOut(command, next);
    return reply === undefined ? undefined : this.#dressed(reply, command.name);
  }

  async #carryOut(command: Command, next: Next): Promise<Document | undefined> {
    const { name } = command;
    const { wireVersion } = this.#profile;
    if (isHello(name)) return this.#hello(command, next);
    for (const { since, names, check } of refusals) {
      const refused = since > wireVersion && names.includes(name) ? check(command) : undefined;
      if (refused !== undefined) return refused;
    }
    const asked = wireVersion < V4_4 ? before44(command) : command;
    return wireVersion < V5_0 && DOLLAR_CHECKED.has(name) ? refuseDollarFields(asked, next) : next(asked);
  }

  async #hello(command: Command, next: Next): Promise<Document | undefined> {
    const { wireVersion, hello } = this.#profile;
    // mongodb-handshake.md: helloOk and the command hello came to 4.4.2, 4.2.10 and 4.0.21 later
    if (!hello && command.name === 'hello') return errorReply(59, "no such command: 'hello'");
    const asked = hello ? command : withFields(command, { helloOk: undefined });
    const reply = await next(wireVersion < V4_4 ? before44(asked) : asked);
    if (reply === undefined || isFailure(reply)) return reply;
    const changed: Document = { ...reply, maxWireVersion: new Int32(wireVersion) };
    // mongodb-handshake.md: "Available in server versions >= 4.2"
    if (wireVersion < V4_2) delete changed.connectionId;
    // hello's documentation: isImplicitDefaultMajorityWC is new in 5.0
    if (wireVersion < V5_0) delete changed.isImplicitDefaultMajorityWC;
    return changed;
  }

  #dressed(reply: Document, name: string): Document {
    const { version, wireVersion } = this.#profile;
    if (name === 'buildInfo' || name === 'buildinfo') return withVersion(reply, version);
    if (name === 'serverStatus') return { ...reply, version };
    if (name === 'getParameter' && reply.featureCompatibilityVersion?.version !== undefined) {
      const major = version.split('.').slice(0, 2).join('.');
      return { ...reply, featureCompatibilityVersion: { ...reply.featureCompatibilityVersion, version: major } };
    }
    return wireVersion < V4_4 ? without44(reply) : reply;
  }
}

/** What servers before 4.4 do not look at in a request. */
function before44(command: Command): Command {
  const { name, body } = command;
  // server-discovery-and-monitoring.md: a server streams hello when it knows topologyVersion, since 4.4
  if (isHello(name)) {
    // auth.md: speculative authentication is for 4.4 and later
    const fields = { topologyVersion: undefined, maxAwaitTimeMS: undefined, speculativeAuthenticate: undefined };
    return { ...withFields(command, fields), exhaustAllowed: false };
  }
  // auth.md, SCRAM: skipEmptyExchange is for 4.4 and later; before, the conversation has one more exchange
  if (name === 'saslStart') return withFields(command, { options: undefined });
  // retryable-writes/tests/unified/insertOne-serverErrors.json: failCommand has errorLabels since 4.3.1
  if (name === 'configureFailPoint' && body.data?.errorLabels !== undefined) {
    const { errorLabels: _, ...data } = body.data;
    return withFields(command, { data });
  }
  return command;
}

/** A reply without what came with 4.4: topologyVersion (of hello and of errors) and two labels. */
function without44(reply: Document): Document {
  if (reply.topologyVersion === undefined && reply.errorLabels === undefined) return reply;
  const { topologyVersion: _, errorLabels, ...changed } = reply;
  const labels = errorLabels?.filter((label: string) => !LABELS_OF_4_4.has(label)) ?? [];
  return labels.length === 0 ? changed : { ...changed, errorLabels: labels };
}

function withVersion(reply: Document, version: string): Document {
  const numbers = version.split('.').map((part) => new Int32(Number(part)));
  return { ...reply, version, versionArray: [...numbers, new Int32(0)] };
}
