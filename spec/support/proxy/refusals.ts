import type { Document } from 'bson';
import { errorReply } from './error-reply.js';
import { isHello } from './layer.js';
import type { Command } from './message.js';

/** An option that servers before a wire version do not know, and what they answer. */
export interface Refusal {
  /** The first wire version that knows the option. */
  readonly since: number;
  readonly names: readonly string[];
  /** @returns the error reply, when the command uses the option. */
  check(command: Command): Document | undefined;
}

const WRITES = ['insert', 'update', 'delete'];
const [V4_2, V4_4, V5_0] = [8, 9, 13];

/** Commands whose parser is generated from a specification (IDL) refuse unknown fields in these words. */
const unknownIdl = (path: string): Document => errorReply(40415, `BSON field '${path}' is an unknown field.`);

/** query_request.cpp and getmore_request.cpp of 4.4 and before. */
const unrecognized = (body: Document, field: string): Document =>
  errorReply(9, `Failed to parse: ${shortened(body)}. Unrecognized field '${field}'.`);

const shortened = ({ lsid: _, $clusterTime: __, ...body }: Document): string => JSON.stringify(body).slice(0, 400);

const has = (body: Document, field: string): boolean => body[field] !== undefined;
const typeName = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);
const isText = (value: unknown): boolean => typeof value === 'string';

function unknownField(since: number, names: readonly string[], field: string, reply: typeof unrecognized): Refusal {
  return { since, names, check: ({ body }) => (has(body, field) ? reply(body, field) : undefined) };
}

const ofWrite = (body: Document, field: string): Document => unknownIdl(`${Object.keys(body)[0]}.${field}`);
const ofFindAndModify = (_: Document, field: string): Document =>
  errorReply(51177, `BSON field '${field}' is an unknown field.`);
const ofAggregate = (_: Document, field: string): Document => errorReply(9, `unrecognized field '${field}'`);

/** Refuses a comment that is no string, as find did before comments of any type. */
function textComment(names: readonly string[], reply: (body: Document) => Document): Refusal {
  const check = ({ body }: Command): Document | undefined =>
    has(body, 'comment') && !isText(body.comment) ? reply(body) : undefined;
  return { since: V4_4, names, check };
}

function statementField(since: number, name: string, list: string, field: string): Refusal {
  const check = ({ body }: Command): Document | undefined =>
    body[list]?.some((statement: Document) => has(statement, field))
      ? unknownIdl(`${name}.${list}.${field}`)
      : undefined;
  return { since, names: [name], check };
}

/** Each row is followed by the test or the rule that tells the versions apart by it. */
export const refusals: readonly Refusal[] = [
  // crud/tests/unified/{updateOne,updateMany,replaceOne,deleteOne,deleteMany,bulkWrite-*}-let.json
  unknownField(V5_0, ['update', 'delete'], 'let', ofWrite),
  // crud/tests/unified/findOneAnd{Update,Replace,Delete}-let.json: the text has no command name
  unknownField(V5_0, ['findAndModify', 'findandmodify'], 'let', ofFindAndModify),
  // aggregation_request.cpp of 4.4: "unrecognized field 'let'", FailedToParse
  unknownField(V5_0, ['aggregate'], 'let', ofAggregate),
  // query_request.cpp of 4.4: "Unrecognized field 'let'"
  unknownField(V5_0, ['find'], 'let', unrecognized),
  // crud/tests/unified/{insertMany,updateMany,replaceOne,deleteOne,deleteMany,bulkWrite}-comment.json, "pre 4.4"
  unknownField(V4_4, WRITES, 'comment', ofWrite),
  // crud/tests/unified/findOneAnd{Update,Replace,Delete}-comment.json, "pre 4.4"
  unknownField(V4_4, ['findAndModify', 'findandmodify'], 'comment', ofFindAndModify),
  // crud/tests/unified/findOneAnd*-hint-serverError.json
  unknownField(V4_4, ['findAndModify', 'findandmodify'], 'hint', ofFindAndModify),
  // crud/tests/unified/{deleteOne,deleteMany,bulkWrite-delete}-hint-serverError.json
  statementField(V4_4, 'delete', 'deletes', 'hint'),
  // crud.md, UpdateOptions.hint: "supported in server versions >= 4.2"
  statementField(V4_2, 'update', 'updates', 'hint'),
  // crud/tests/unified/find-allowdiskuse-serverError.json
  unknownField(V4_4, ['find'], 'allowDiskUse', unrecognized),
  // crud/tests/unified/find-comment.json and change-streams.json, "comment is not set on getMore - pre 4.4"
  unknownField(V4_4, ['getMore'], 'comment', unrecognized),
  // crud/tests/unified/find-comment.json, "find with document comment - pre 4.4"
  textComment(['find'], (body) =>
    errorReply(9, `Failed to parse: ${shortened(body)}. 'comment' field must be of BSON type string.`),
  ),
  // change-streams/tests/unified/change-streams.json, "Test with document comment - pre 4.4"
  textComment(['aggregate'], ({ comment }) => errorReply(14, `comment must be a string, not a ${typeName(comment)}`)),
  // crud/tests/unified/distinct-comment.json and estimatedDocumentCount-comment.json, "server error"
  textComment(['distinct', 'count'], (body) => {
    const path = `${Object.keys(body)[0]}.comment`;
    return errorReply(14, `BSON field '${path}' is the wrong type '${typeName(body.comment)}', expected type 'string'`);
  }),
  {
    // crud.md, updateOne: "an aggregation pipeline ... supported in server versions >= 4.2"
    since: V4_2,
    names: ['update'],
    check: ({ body }) =>
      body.updates?.some(({ u }: Document) => Array.isArray(u))
        ? errorReply(14, "BSON field 'update.updates.u' is the wrong type 'array', expected type 'object'")
        : undefined,
  },
  {
    // crud.md, findOneAndUpdate: as updateOne
    since: V4_2,
    names: ['findAndModify', 'findandmodify'],
    check: ({ body }) =>
      Array.isArray(body.update) ? errorReply(9, "'update' must be a document, not a pipeline") : undefined,
  },
  {
    // aggregation: $merge is new in 4.2; 40324 is the code of every unknown stage
    since: V4_2,
    names: ['aggregate'],
    check: ({ body }) =>
      body.pipeline?.some((stage: Document) => has(stage, '$merge'))
        ? errorReply(40324, "Unrecognized pipeline stage name: '$merge'")
        : undefined,
  },
  {
    // change-streams.md, startAfter: "@since 4.1.1"; the stage's options are parsed by an IDL
    since: V4_2,
    names: ['aggregate'],
    check: ({ body }) =>
      body.pipeline?.[0]?.$changeStream?.startAfter === undefined ? undefined : unknownIdl('$changeStream.startAfter'),
  },
  {
    // sessions/snapshot-sessions.md: "Snapshot reads require MongoDB 5.0+"
    since: V5_0,
    names: ['find', 'aggregate', 'distinct'],
    check: ({ body }) =>
      body.readConcern?.level === 'snapshot' && body.autocommit === undefined
        ? errorReply(72, 'readConcern level snapshot is only valid in a transaction')
        : undefined,
  },
  {
    // versioned-api.md: the three fields came with 5.0; a hello takes any field
    since: V5_0,
    names: [...WRITES, 'find', 'aggregate', 'getMore', 'ping', 'count', 'distinct'],
    check: ({ body, name }) =>
      has(body, 'apiVersion') && !isHello(name) ? unknownIdl(`${name}.apiVersion`) : undefined,
  },
];
