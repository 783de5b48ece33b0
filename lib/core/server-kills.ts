import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from '../commands/command.js';
import { killCursors } from '../commands/kill-cursors.js';
import { findOperation, killOperation } from '../commands/kill-operation.js';
import { killSessions } from '../commands/kill-sessions.js';
import type { Scope } from '../commands/scope.js';
import { OperationFailureError } from '../errors/operation-errors.js';
import type { ConnectionOwner } from '../net/connection.js';
import type { Server } from '../topology/server.js';
import { withoutDeadline } from '../util/ambient-deadline.js';
import { Deadline } from '../util/deadline.js';
import { Lease } from './lease.js';

/** What nobody waits for any more, and is to end on its server. */
export interface Doomed {
  /** The session that it has for itself. */
  readonly lsid: Readonly<Document> | undefined;
  /** The cursor that it reads. */
  readonly cursor: { readonly id: bigint; readonly db: string; readonly collection: string } | undefined;
  /** The server's own number of its connection. */
  readonly connectionId: number | undefined;
  /** Whether its reply is still to come: until then its connection carries nothing else. */
  isUnderWay(): boolean;
}

/** Runs a command on a connection, also while the client is being closed. */
type RunOn = <Input extends CommandInput, Result>(
  command: Command<Input, Result>,
  scope: Scope,
  input: Input,
  lease: Lease,
) => Promise<Result>;

/** For opening the connection and for what is killed over it, whatever the server does. */
const KILL_LIMIT_MS = 5_000;
/** Aborts come in crowds: the connection is kept for the next one. */
const KEPT_MS = 10_000;
/** Closing the client waits so long for what was aborted just before. */
const CLOSE_LIMIT_MS = 1_000;

/** Of a connection that is in no pool, only who holds it wants to hear. */
const NOBODY: ConnectionOwner = { idle: () => {}, closed: () => {} };

/**
 * Ends aborted operations on their server, for the option `killOnAbort`. What is to be killed may hold the last
 * connection of the pool, so that the order goes out on a connection beside the pool: at most one per server, opened
 * for the first order, kept for a while, and shared by all that are aborted meanwhile. Best effort: where there is no way,
 * no right or no time, the operation goes on.
 */
export class ServerKills {
  readonly #scope: Scope;
  readonly #run: RunOn;
  readonly #lines = new Map<Server, KillLine>();

  /** @param scope the client's */
  constructor(scope: Scope, run: RunOn) {
    // What the client's settings do to an operation, such as this option itself, is not for these commands.
    this.#scope = scope.with({ killOnAbort: false, readPreference: 'primaryPreferred', writeConcern: {} });
    this.#run = run;
  }

  /** Never throws; nobody hears what came of it. */
  kill(server: Server, doomed: Doomed): void {
    const line = this.#lines.get(server) ?? this.#lineTo(server);
    line.add(doomed);
  }

  /** Whether the cursor is being killed here, and then has been: nobody else needs to close it. Never rejects. */
  async killsCursor(server: Server, id: bigint): Promise<boolean> {
    // A signal may tell who reads the cursor before it tells the operation that is under way.
    await undefined;
    return this.#lines.get(server)?.killsCursor(id) ?? false;
  }

  /** Lets what has begun end, within a bound, and closes the connections. Never rejects. */
  async close(): Promise<void> {
    // What is aborted meanwhile is killed, too, over connections that have to be closed as the others.
    while (this.#lines.size > 0) await Promise.all([...this.#lines.values()].map((line) => line.close()));
  }

  #lineTo(server: Server): KillLine {
    const line: KillLine = new KillLine(server, this.#scope, this.#run, () => {
      // It may have left before, and another one has its place.
      if (this.#lines.get(server) === line) this.#lines.delete(server);
    });
    this.#lines.set(server, line);
    return line;
  }
}

/** One server's connection for kills, and what waits for it. */
class KillLine {
  readonly #server: Server;
  readonly #scope: Scope;
  readonly #run: RunOn;
  readonly #gone: () => void;
  readonly #closing = new AbortController();
  #waiting: Doomed[] = [];
  /** The cursors of the work under way, and whether they have been killed. */
  #cursors = new Map<bigint, boolean>();
  #lease: Lease | undefined;
  #work: Promise<void> | undefined;
  #rest: NodeJS.Timeout | undefined;

  constructor(server: Server, scope: Scope, run: RunOn, gone: () => void) {
    this.#server = server;
    this.#scope = scope;
    this.#run = run;
    this.#gone = gone;
  }

  add(doomed: Doomed): void {
    this.#waiting.push(doomed);
    if (doomed.cursor !== undefined) this.#cursors.set(doomed.cursor.id, false);
    clearTimeout(this.#rest);
    // The request that gives the order may be under a deadline, which is over.
    this.#work ??= withoutDeadline(() => this.#killAll());
  }

  async killsCursor(id: bigint): Promise<boolean> {
    const cursors = this.#cursors;
    if (!cursors.has(id)) return false;
    await this.#work;
    return cursors.get(id)!;
  }

  async close(): Promise<void> {
    const limit = setTimeout(() => this.#closing.abort(), CLOSE_LIMIT_MS);
    while (this.#work !== undefined) await this.#work;
    clearTimeout(limit);
    this.#leave();
  }

  /** Never rejects. */
  async #killAll(): Promise<void> {
    const limit = setTimeout(() => this.#closing.abort(), KILL_LIMIT_MS);
    const { signal } = this.#closing;
    try {
      this.#lease ??= await this.#connect(signal);
      const end = new Deadline(KILL_LIMIT_MS);
      // Those that come while others are killed go along with the next order.
      while (this.#waiting.length > 0) await this.#killThese(this.#waiting.splice(0), this.#lease, end, signal);
      this.#rest = setTimeout(() => this.#leave(), KEPT_MS).unref();
    } catch {
      // The server is out of reach, too slow, or has broken the connection: there is nobody to tell, and the aborted
      // operations end as they do without this option.
      this.#leave();
    } finally {
      clearTimeout(limit);
      this.#work = undefined;
      this.#cursors = new Map();
    }
  }

  async #connect(signal: AbortSignal): Promise<Lease> {
    const connection = await this.#server.connect(0, signal);
    connection.ownedBy(NOBODY, 0);
    return new Lease(this.#server, connection);
  }

  async #killThese(doomed: readonly Doomed[], lease: Lease, end: Deadline, signal: AbortSignal): Promise<void> {
    const shared = { deadline: end, tellsServer: false, options: { signal } };
    const run = <Input extends CommandInput, Result>(command: Command<Input, Result>, input: Input, scope?: Scope) =>
      this.#order(command, input, scope ?? this.#scope, lease);
    const lsids: Readonly<Document>[] = [];
    for (const one of doomed) {
      if (!one.isUnderWay()) continue;
      const { lsid, cursor, connectionId } = one;
      if (cursor !== undefined) {
        const scope = this.#scope.inDatabase(cursor.db).inCollection(cursor.collection);
        const killed = await run(killCursors, { ...shared, ids: [cursor.id] }, scope);
        this.#cursors.set(cursor.id, killed !== undefined);
      } else if (lsid !== undefined) {
        lsids.push(lsid);
      } else if (connectionId !== undefined) {
        const isMongos = this.#server.description.type === 'Mongos';
        const opid = (await run(findOperation, { ...shared, connectionId, isMongos }))?.result;
        // As long as the reply has not come, what the server knows of the connection is the operation itself.
        if (opid !== undefined && one.isUnderWay()) await run(killOperation, { ...shared, opid });
      }
    }
    if (lsids.length > 0) await run(killSessions, { ...shared, lsids });
  }

  /** @returns undefined where the server refuses: the user has no right, or there is nothing to kill any more */
  async #order<Input extends CommandInput, Result>(
    command: Command<Input, Result>,
    input: Input,
    scope: Scope,
    lease: Lease,
  ): Promise<{ readonly result: Result } | undefined> {
    try {
      return { result: await this.#run(command, scope, input, lease) };
    } catch (error) {
      if (error instanceof OperationFailureError) return undefined;
      throw error;
    }
  }

  /** The next order opens another connection. */
  #leave(): void {
    clearTimeout(this.#rest);
    this.#waiting = [];
    this.#lease?.close();
    this.#lease = undefined;
    this.#gone();
  }
}
