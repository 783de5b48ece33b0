import type { Document } from '../../../lib/index.js';
import { COMMON_OPTIONS, type Parameters } from './arguments.js';
import type { TestRun } from './test-run.js';

/** One operation of the format: what it takes, and the call of the driver that it stands for. */
export interface OperationRow extends Parameters {
  /** Whether the result is a list of root documents, as a cursor gives them. */
  readonly givesDocuments?: boolean;
  call(target: any, given: Document, run: TestRun): unknown;
}

/** The operations of one kind of entity, by name. */
export type OperationTable = Readonly<Record<string, OperationRow>>;

type Call = OperationRow['call'];

/**
 * A row.
 *
 * @param required names of arguments, separated by spaces
 * @param options names of options beside those that every operation takes
 */
export function row(required: string, options: string, call: Call): OperationRow {
  return { required: words(required), options: [...COMMON_OPTIONS, ...words(options)], call };
}

/** A row whose result is the documents of a cursor. */
export function documentsRow(required: string, options: string, call: Call): OperationRow {
  return { ...row(required, options, call), givesDocuments: true };
}

export function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}
