import {
  AutoReconnectError,
  BulkWriteError,
  ClientBulkWriteError,
  CollectionInvalidError,
  OperationFailureError,
} from '../../../lib/index.js';
import { matchError } from './match-error.js';
import type { MatchPlace } from './match-place.js';
import type { ExpectedError } from './unified-file.js';
import { Difference, MalformedTestError } from './verdicts.js';

const place = { path: '', root: true } as unknown as MatchPlace;
const failure = new OperationFailureError('The Message', {
  code: 91,
  codeName: 'ShutdownInProgress',
  labels: ['RetryableWriteError'],
  response: { ok: 0, code: 91, errmsg: 'The Message' },
});
const network = new AutoReconnectError('lost');

function matches(expected: ExpectedError, error: unknown): void {
  expect(() => matchError(expected, error, place)).not.toThrow();
}

function differs(expected: ExpectedError, error: unknown): void {
  expect(() => matchError(expected, error, place)).toThrow(Difference);
}

it('tells errors of the client from those of the server', () => {
  matches({ isError: true, isClientError: false }, failure);
  matches({ isClientError: true }, network);
  matches({ isClientError: true }, new TypeError('wrong'));
  differs({ isClientError: true }, failure);
  differs({ isClientError: false }, network);
  matches({ isClientError: false, errorCode: 91 }, new CollectionInvalidError('exists', { cause: failure }));
});

it('compares message, code, name, labels and reply', () => {
  matches({ errorContains: 'the message', errorCode: 91, errorCodeName: 'SHUTDOWNinprogress' }, failure);
  matches({ errorLabelsContain: ['RetryableWriteError'], errorLabelsOmit: ['NoWritesPerformed'] }, failure);
  matches({ errorResponse: { code: 91, errmsg: { $$type: 'string' } } }, failure);
  differs({ errorContains: 'another' }, failure);
  differs({ errorCode: 92 }, failure);
  differs({ errorCodeName: 'Other' }, failure);
  differs({ errorLabelsContain: ['RetryableWriteError', 'Other'] }, failure);
  differs({ errorLabelsOmit: ['RetryableWriteError'] }, failure);
  differs({ errorResponse: { code: 92 } }, failure);
  differs({ errorResponse: {} }, network);
  differs({ errorCode: 91 }, network);
});

it('looks at all errors of a bulk, and at its partial result', () => {
  const bulk = new BulkWriteError('several', {
    result: { insertedCount: 1, deletedCount: 0, upsertedIds: {}, getWriteErrors: () => [] },
    writeErrors: [
      { index: 1, code: 11000, errmsg: 'E11000', op: {} },
      { index: 2, code: 121, errmsg: 'Document failed validation', op: {} },
    ],
    writeConcernErrors: [],
  });
  matches({ errorCode: 121, errorCodeName: 'DocumentValidationFailure', errorContains: 'VALIDATION' }, bulk);
  matches({ expectResult: { insertedCount: 1, upsertedIds: {} } }, bulk);
  differs({ expectResult: { insertedCount: 2 } }, bulk);
  differs({ errorCodeName: 'WriteConflict' }, bulk);
});

it('compares the single errors of a bulk over collections by their index', () => {
  const bulk = new ClientBulkWriteError('several', {
    partialResult: undefined,
    writeErrors: new Map([[1, { index: 1, code: 11000, errmsg: 'E11000', op: {} }]]),
    writeConcernErrors: [{ code: 91, errmsg: 'shut down' }],
  });
  matches({ isClientError: false, writeErrors: { 1: { code: 11000 } } }, bulk);
  matches({ writeConcernErrors: [{ code: 91, message: 'shut down' }] }, bulk);
  matches({ expectResult: { $$unsetOrMatches: { insertedCount: 3 } } }, bulk);
  differs({ writeErrors: { 0: { code: 11000 } } }, bulk);
  differs({ writeErrors: {} }, bulk);
  differs({ writeConcernErrors: [] }, bulk);
  const lost = new ClientBulkWriteError('lost', {
    cause: network,
    partialResult: undefined,
    writeErrors: new Map(),
    writeConcernErrors: [],
  });
  matches({ isClientError: true, errorContains: 'lost' }, lost);
});

it('refuses assertions that it does not know, and what is no error', () => {
  expect(() => matchError({ foo: 1 } as ExpectedError, failure, place)).toThrow(MalformedTestError);
  differs({ isError: true }, 'a string');
});
