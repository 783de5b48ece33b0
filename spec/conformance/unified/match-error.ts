import {
  BulkWriteError,
  ClientBulkWriteError,
  CollectionInvalidError,
  type Document,
  OperationFailureError,
  RotorError,
} from '../../../lib/index.js';
import { numericValue } from './bson-type.js';
import { differ, inside, type MatchPlace, show } from './match-place.js';
import { match } from './matcher.js';
import { writeResult } from './results.js';
import type { ExpectedError } from './unified-file.js';
import { Difference, MalformedTestError } from './verdicts.js';

/** Names of codes that the server sends without a name: those of single write errors. */
const CODE_NAMES: Readonly<Record<string, number>> = {
  badvalue: 2,
  unauthorized: 13,
  writeconcernfailed: 64,
  unknownreplwriteconcern: 79,
  unsatisfiablewriteconcern: 100,
  writeconflict: 112,
  documentvalidationfailure: 121,
  duplicatekey: 11000,
};

/** One server error of the several that a bulk may collect. */
interface ServerError {
  readonly code: number;
  readonly codeName?: string | undefined;
  readonly message: string;
}

type Check = (expected: any, error: Error, place: MatchPlace) => void;

/** One check for each field of `expectError`. */
const CHECKS: { readonly [Name in keyof Required<ExpectedError>]: Check } = {
  isError: () => undefined,

  isClientError(expected, error, place) {
    if (isClientError(error) !== expected) differ(place, `isClientError ${expected}`, error);
  },

  isTimeoutError(expected, error, place) {
    if (isTimeout(error) !== expected) differ(place, `isTimeoutError ${expected}`, error);
  },

  errorContains(expected, error, place) {
    const top = topLevelError(error);
    const messages = [error.message, ...(top instanceof Error ? [top.message] : [])];
    messages.push(...collected(error).map(({ message }) => message));
    const wanted = String(expected).toLowerCase();
    if (!messages.some((message) => message.toLowerCase().includes(wanted))) differ(place, show(expected), messages);
  },

  errorCode(expected, error, place) {
    const codes = collected(error).map(({ code }) => code);
    if (!codes.includes(Number(numericValue(expected)))) differ(place, show(expected), codes);
  },

  errorCodeName(expected, error, place) {
    const wanted = String(expected).toLowerCase();
    const named = collected(error).some(({ code, codeName }) =>
      codeName === undefined ? CODE_NAMES[wanted] === code : codeName.toLowerCase() === wanted,
    );
    if (!named) differ(place, show(expected), collected(error));
  },

  errorLabelsContain(expected: readonly string[], error, place) {
    const labels = labelsOf(error);
    if (!expected.every((label) => labels.includes(label))) differ(place, `all of ${expected.join(', ')}`, labels);
  },

  errorLabelsOmit(expected: readonly string[], error, place) {
    const labels = labelsOf(error);
    if (expected.some((label) => labels.includes(label))) differ(place, `none of ${expected.join(', ')}`, labels);
  },

  errorResponse(expected, error, place) {
    const response = serverError(error)?.response;
    if (response === undefined) differ(place, 'a reply of the server', error);
    match(expected, response, { ...place, root: true });
  },

  writeErrors(expected: Document, error, place) {
    const actual = new Map([...singleErrors(error)].map(([index, one]) => [String(index), asDocument(one)]));
    for (const [index, one] of Object.entries(expected)) {
      match(one, actual.get(index), { ...inside(place, index), root: true });
    }
    if (actual.size > Object.keys(expected).length) differ(place, `no errors but ${show(expected)}`, actual);
  },

  writeConcernErrors(expected: readonly Document[], error, place) {
    const actual = ((error as Document).writeConcernErrors ?? []).map(asDocument);
    if (actual.length !== expected.length) differ(place, `${expected.length} errors`, actual);
    expected.forEach((one, index) => {
      match(one, actual[index], { ...inside(place, index), root: true });
    });
  },

  expectResult(expected, error, place) {
    const { result, partialResult } = error as { result?: Document; partialResult?: Document };
    const given = partialResult ?? result;
    match(expected, given === undefined ? undefined : writeResult(given), { ...place, root: true });
  },
};

/**
 * Compares an error that the driver raised.
 *
 * @throws Difference
 * @see Unified Test Format specification, "expectedError"
 */
export function matchError(expected: ExpectedError, error: unknown, place: MatchPlace): void {
  if (!(error instanceof Error)) throw new Difference(`the driver rejected with ${show(error)}, which is no error`);
  for (const [name, value] of Object.entries(expected)) {
    const check = CHECKS[name as keyof ExpectedError];
    if (check === undefined) throw new MalformedTestError(`expectError.${name} is unknown`);
    check(value, error, inside(place, name));
  }
}

/** The server's error that an error is or stands for; undefined for errors that arose at the client. */
function serverError(error: Error): OperationFailureError | undefined {
  if (error instanceof OperationFailureError) return error;
  const cause = error instanceof CollectionInvalidError ? error.cause : topLevelError(error);
  return cause instanceof OperationFailureError ? cause : undefined;
}

/** What a bulk over several collections failed by as a whole. */
function topLevelError(error: Error): unknown {
  return error instanceof ClientBulkWriteError ? error.error : undefined;
}

/** Whether an error arose at the client. Errors of single writes come from the server, too. */
function isClientError(error: Error): boolean {
  if (serverError(error) !== undefined) return false;
  if (!(error instanceof ClientBulkWriteError) || error.error !== undefined) return true;
  return error.writeErrors.size === 0 && error.writeConcernErrors.length === 0;
}

/** The errors of single writes, by their index. */
function singleErrors(error: Error): Iterable<readonly [number, Document]> {
  if (error instanceof ClientBulkWriteError) return error.writeErrors;
  return error instanceof BulkWriteError ? error.writeErrors.map((one) => [one.index, one as Document]) : [];
}

/** With the names of the CRUD specification, where the driver keeps those of the wire. */
function asDocument({ errmsg, errInfo, ...others }: Document): Document {
  return { ...others, message: errmsg, ...(errInfo === undefined ? {} : { details: errInfo }) };
}

function collected(error: Error): readonly ServerError[] {
  const top = serverError(error);
  if (top === undefined) return [];
  const whole: ServerError = { code: top.code, codeName: top.codeName, message: top.message };
  if (!(top instanceof BulkWriteError)) return [whole];
  const single = [...top.writeErrors, ...top.writeConcernErrors] as readonly Document[];
  return [whole, ...single.map(({ code, codeName, errmsg }) => ({ code, codeName, message: errmsg ?? '' }))];
}

function labelsOf(error: Error): readonly string[] {
  return error instanceof RotorError ? error.errorLabels : [];
}

/** Whether a deadline of `timeoutMS` has passed: such errors tell so themselves. */
function isTimeout(error: Error): boolean {
  return (error as { timeout?: unknown }).timeout === true || error.name === 'OperationTimeoutError';
}
