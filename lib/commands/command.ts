import type { Document } from '../bson/codec.js';
import type { Reply } from '../bson/reply.js';
import type { CommandTeller } from '../events/command-events.js';
import type { Deadline } from '../util/deadline.js';
import type { SharedTurn } from '../util/shared-turn.js';
import type { DocumentSequence } from '../wire/document-sequence.js';
import type { Scope } from './scope.js';

/**
 * What a command may carry beside its own fields:
 *
 * - `read`: read concern and read preference
 * - `write`: write concern
 * - `readWrite`: all three, as aggregate with `$out` or `$merge`
 * - `catalog`: none; goes to the primary
 * - `command`: what its caller says, nothing inherited
 */
export type CommandKind = 'read' | 'write' | 'readWrite' | 'catalog' | 'command';

/** A server, as far as a command's reader needs to know it: who holds the cursor. */
export interface ServerHandle {
  readonly address: string;
}

/** A server session, as far as a cursor needs to know it: to go on in it, and to give it back. */
export interface SessionHandle {
  readonly lsid: Readonly<Document>;
}

/** What the run tells the reader of a reply. */
export interface RunFacts {
  readonly server: ServerHandle | undefined;
  /** Takes hold of the server, or of the connection where only that leads to it: whoever takes it has to let go of it. */
  keepServer(): ServerHandle;
  /** Takes the session over from the run: whoever takes it has to give it back. Undefined where there is none. */
  keepSession(): SessionHandle | undefined;
  /** What the server can do that answered. */
  readonly maxWireVersion: number;
  /** How many entries of the command's sequence the request held. */
  readonly sent: number;
}

/** What every command's input has: the user's options, as they were given. */
export interface CommandInput {
  readonly options?: Document | undefined;
  /** The time of the whole that the command is part of; by default it has that of its options. */
  readonly deadline?: Deadline | undefined;
  /** Whether the server is told how long it may work on the command. Not where something else limits that. */
  readonly tellsServer?: boolean;
  /** The session that the command goes on in; by default it gets one for itself. */
  readonly session?: SessionHandle | undefined;
  /** Hears when nothing of the command is under way in that session any more, also on the server. */
  readonly lender?: { sessionFree(): void } | undefined;
  /**
   * The turn of an explicit session that the command has together with others; `held` where its caller has it, and gives it
   * on. By default the command waits for one of its own.
   */
  readonly turn?: SharedTurn | 'held' | undefined;
  /** The number of the operation that the command is part of; by default it is one of its own. */
  readonly operationId?: number;
  /** Who traces the operation that the command is part of; by default it is one of its own, traced if anybody looks. */
  readonly trace?: CommandTeller | undefined;
}

/**
 * One server command, in a frozen record without state: how its request is built and how its reply is read. What one
 * run of it needs lives in the run.
 */
export interface Command<Input extends CommandInput, Result> {
  /** The command's name on the wire; empty where the user wrote the command. */
  readonly name: string;
  readonly kind: CommandKind;
  /**
   * Whether a failure that may pass by itself is met with a second try: of a read, or of a write that the server knows
   * again by its number. The command is tried once where this is left out.
   */
  readonly retry?: 'read' | 'write';
  /** Whether the write may be tried twice with these entries of its sequence: one of many documents may not. */
  repeatable?(input: Input, from: number, to: number): boolean;
  /** Whether the command never carries a session. */
  readonly sessionless?: boolean;
  /** The first wire version that knows the command, and the release that brought it; undefined for all. */
  readonly since?: { readonly wireVersion: number; readonly release: string };
  /**
   * The command document, without what is added for every command.
   *
   * @throws TypeError or RangeError, which names the argument or option that is wrong
   */
  build(input: Input, scope: Scope): Document;
  /**
   * Leaves out of a request what an older server would refuse and nobody needs.
   *
   * @throws ConfigurationError for what the server would ignore or refuse without anybody hearing of it
   */
  adapt?(body: Document, maxWireVersion: number, input: Input, acknowledged: boolean): void;
  /** The list that travels outside of the command document. */
  sequence?(input: Input, scope: Scope): DocumentSequence;
  /** Where the sequence goes on: the entries before this one have been sent by earlier runs. */
  from?(input: Input): number;
  /** Reads a reply without errors. */
  parse(reply: Reply, input: Input, scope: Scope, facts: RunFacts): Result;
  /** Reads a reply that tells of write errors, for commands that report them in their result. */
  parseFailed?(reply: Reply, input: Input, scope: Scope, facts: RunFacts): Result;
  /** The result of a write whose write concern asks for no reply. */
  unacknowledged?(input: Input, facts: RunFacts): Result;
}
