import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import { count } from './fields.js';
import type { Scope } from './scope.js';

/** How much an explanation tells. */
export type ExplainVerbosity = 'queryPlanner' | 'queryPlannerExtended' | 'executionStats' | 'allPlansExecution';

const VERBOSITIES: readonly string[] = ['queryPlanner', 'queryPlannerExtended', 'executionStats', 'allPlansExecution'];

export interface ExplainInput extends CommandInput {
  /** Builds the command to be explained. */
  readonly of: (scope: Scope) => Document;
  /** true is `allPlansExecution`, false `queryPlanner`. */
  readonly verbosity: unknown;
}

/** How the server would run a command. */
export const explain: Command<ExplainInput, Document> = Object.freeze({
  name: 'explain',
  kind: 'catalog',
  build: ({ of, verbosity, options }, scope): Document => {
    const body: Document = { explain: of(scope), verbosity: verbosityOf(verbosity) };
    const maxTimeMS = inDocument(verbosity)?.maxTimeMS ?? options?.maxTimeMS;
    if (maxTimeMS !== undefined) body.maxTimeMS = count(maxTimeMS, 'maxTimeMS');
    if (options?.comment !== undefined) body.comment = options.comment;
    return body;
  },
  parse: (reply) => reply.document(),
} satisfies Command<ExplainInput, Document>);

/** The form `{ verbosity, maxTimeMS }`. */
function inDocument(verbosity: unknown): Document | undefined {
  return typeof verbosity === 'object' && verbosity !== null ? verbosity : undefined;
}

function verbosityOf(verbosity: unknown): string {
  if (verbosity === undefined || verbosity === true) return 'allPlansExecution';
  if (verbosity === false) return 'queryPlanner';
  const form = inDocument(verbosity);
  const name = form === undefined ? verbosity : form.verbosity;
  if (typeof name === 'string' && VERBOSITIES.includes(name)) return name;
  throw new TypeError(`verbosity must be true, false or one of ${VERBOSITIES.join(', ')}, not ${String(name)}`);
}
