import type { Document } from '../../../lib/index.js';
import type { RunOperation } from './run-operation.js';
import type { TestRun } from './test-run.js';
import { Difference, MalformedTestError, NotBuiltYet } from './verdicts.js';

/**
 * Repeats operations until the run is told to end its loops. Errors and failures are collected where the test names
 * entities for them, and end the loop where it names none.
 *
 * @see Unified Test Format specification, "loop"
 */
export async function runLoop(given: Document, run: TestRun, runOperation: RunOperation): Promise<void> {
  const { operations, storeErrorsAsEntity: errors, storeFailuresAsEntity: failures } = given;
  const { storeSuccessesAsEntity: successes, storeIterationsAsEntity: iterations } = given;
  for (const name of new Set([errors, failures])) if (name !== undefined) prepareList(name, run);
  for (const name of [successes, iterations]) if (name !== undefined) run.entities.add(name, 'bson', 0);
  while (!run.loopsEnd.signal.aborted) {
    try {
      for (const operation of operations) {
        await runOperation(operation, run);
        countUp(successes, run);
      }
    } catch (error) {
      const list = (error instanceof Difference ? (failures ?? errors) : (errors ?? failures)) as string | undefined;
      if (list === undefined || error instanceof NotBuiltYet) throw error;
      (run.entity(list) as Document[]).push({ error: String((error as Error).message), time: Date.now() / 1000 });
    } finally {
      countUp(iterations, run);
    }
  }
}

function prepareList(name: string, run: TestRun): void {
  if (!run.entities.has(name)) run.entities.add(name, 'bson', []);
  if (!Array.isArray(run.entity(name))) throw new MalformedTestError(`the entity ${name} exists and is no array`);
}

function countUp(name: string | undefined, run: TestRun): void {
  if (name !== undefined) run.entities.replace(name, (run.entity(name) as number) + 1);
}
