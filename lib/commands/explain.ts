import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';

/** How much an explanation tells. */
export type ExplainVerbosity = 'queryPlanner' | 'queryPlannerExtended' | 'executionStats' | 'allPlansExecution';

const VERBOSITIES: readonly string[] = ['queryPlanner', 'queryPlannerExtended', 'executionStats', 'allPlansExecution'];

export interface ExplainInput extends CommandInput {
  /** The command to be explained, built already. */
  readonly command: Document;
  /** true is `allPlansExecution`, false `queryPlanner`. */
  readonly verbosity: unknown;
}

/** How the server would run a command. */
export const explain: Command<ExplainInput, Document> = Object.freeze({
  name: 'explain',
  kind: 'catalog',
  build: ({ command, verbosity, options }): Document => {
    const body: Document = { explain: command, verbosity: verbosityOf(verbosity) };
    if (options?.maxTimeMS !== undefined) body.maxTimeMS = options.maxTimeMS;
    if (options?.comment !== undefined) body.comment = options.comment;
    return body;
  },
  parse: (reply) => reply.document(),
} satisfies Command<ExplainInput, Document>);

function verbosityOf(verbosity: unknown): string {
  if (verbosity === undefined || verbosity === true) return 'allPlansExecution';
  if (verbosity === false) return 'queryPlanner';
  const name = typeof verbosity === 'object' && verbosity !== null ? (verbosity as Document).verbosity : verbosity;
  if (typeof name === 'string' && VERBOSITIES.includes(name)) return name;
  throw new TypeError(`verbosity must be true, false or one of ${VERBOSITIES.join(', ')}, not ${String(name)}`);
}
