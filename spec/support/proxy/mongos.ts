import type { Document } from 'bson';
import { errorReply, isFailure } from './error-reply.js';
import { isHello, type Layer, type Next, withFields } from './layer.js';
import type { Command } from './message.js';

/** Fields of hello that only a member of a replica set has. */
const SET_FIELDS = [
  ...['hosts', 'passives', 'arbiters', 'setName', 'setVersion', 'secondary', 'primary', 'me', 'electionId', 'hidden'],
  ...['lastWrite', 'passive', 'arbiterOnly', 'tags', 'secondaryDelaySecs', 'slaveDelay', 'isImplicitDefaultMajorityWC'],
];

const WRITES = new Set(['insert', 'update', 'delete', 'findAndModify', 'bulkWrite', 'create', 'createIndexes']);
const SHARD = 'shard01';

/** What a mongos answers itself, as its one shard holds everything. */
const OWN_ANSWERS: Readonly<Record<string, Document>> = {
  listShards: { shards: [{ _id: SHARD, host: SHARD, state: 1 }], ok: 1 },
  enableSharding: { ok: 1 },
  shardCollection: { ok: 1 },
};

interface Transaction {
  readonly txnNumber: string;
  wrote: boolean;
}

/**
 * A mongos in front of one server. Two of them are two `Mongos`: each knows the transactions that were begun through it.
 */
export class Mongos implements Layer {
  readonly #transactions = new Map<string, Transaction>();

  wants(): boolean {
    return true;
  }

  async handle(command: Command, next: Next): Promise<Document | undefined> {
    const { name, body } = command;
    if (isHello(name)) return asRouter(await next(command));
    const answer = OWN_ANSWERS[name];
    if (answer !== undefined) return { ...answer };
    if (name === 'serverStatus') return asMongosStatus(await next(command));
    if (body.autocommit !== false) return next(command);
    return this.#inTransaction(command, next);
  }

  async #inTransaction(command: Command, next: Next): Promise<Document | undefined> {
    const { name, body } = command;
    const session = body.lsid?.id?.toString('hex') ?? '';
    const txnNumber = String(body.txnNumber);
    const mode = body.$readPreference?.mode ?? 'primary';
    // strategy.cpp: "read preference in a transaction must be primary"
    if (mode !== 'primary') return errorReply(50440, 'read preference in a transaction must be primary');
    if (body.startTransaction === true) this.#transactions.set(session, { txnNumber, wrote: false });
    const known = this.#transactions.get(session);
    const transaction = known?.txnNumber === txnNumber ? known : undefined;
    const bare = withFields(command, { recoveryToken: undefined });
    if (transaction === undefined && name !== 'abortTransaction') {
      return name === 'commitTransaction' ? this.#recover(command, bare, next) : noSuchTransaction(txnNumber);
    }
    if (transaction !== undefined && WRITES.has(name)) transaction.wrote = true;
    const reply = await next(bare);
    if (reply === undefined || isFailure(reply)) return reply;
    // transaction_router.cpp: each reply has a token; it names the shard once something was written.
    return { ...reply, recoveryToken: transaction?.wrote ? { recoveryShardId: SHARD } : {} };
  }

  /**
   * transactions.md, "Recovering the commit decision": a mongos that did not begin the transaction asks the shard of the
   * token. The shard reports a commit that has happened, and otherwise aborts.
   */
  async #recover(command: Command, bare: Command, next: Next): Promise<Document | undefined> {
    const shard: unknown = command.body.recoveryToken?.recoveryShardId;
    if (shard === undefined) {
      const why = 'Cannot recover the transaction decision without a recoveryToken';
      return errorReply(50940, why);
    }
    const { commitTransaction: _, writeConcern: __, ...rest } = bare.body;
    const abort = { ...bare, name: 'abortTransaction', body: { abortTransaction: 1, ...rest } };
    const aborted = await next(abort);
    if (Number(aborted?.code) === 256) return next(bare); // TransactionCommitted: a commit again reports the same
    return noSuchTransaction(String(command.body.txnNumber));
  }
}

function asRouter(reply: Document | undefined): Document | undefined {
  if (reply === undefined || isFailure(reply)) return reply;
  const changed: Document = { ...reply, msg: 'isdbgrid' };
  for (const field of SET_FIELDS) delete changed[field];
  return changed;
}

function asMongosStatus(reply: Document | undefined): Document | undefined {
  if (reply === undefined) return undefined;
  const { repl: _, ...changed } = reply;
  return { ...changed, process: 'mongos' };
}

function noSuchTransaction(txnNumber: string): Document {
  const labels = { errorLabels: ['TransientTransactionError'] };
  return errorReply(251, `Transaction ${txnNumber} was not begun through this mongos and has been aborted.`, labels);
}
