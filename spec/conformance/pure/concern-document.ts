import { isDeepStrictEqual } from 'node:util';
import { ConfigurationError } from '../../../lib/errors/usage-errors.js';
import { ReadConcern } from '../../../lib/options/read-concern.js';
import { WriteConcern } from '../../../lib/options/write-concern.js';
import type { Format } from '../format.js';
import { Comparison, Difference, nameOfTest, runPureTest } from './pure-test.js';

/** Read and Write Concern: how a concern is written into a command. */
export const concernDocumentFormat: Format = {
  name: 'read and write concern documents',
  accepts: ({ json }) =>
    Array.isArray(json?.tests) &&
    json.tests.length > 0 &&
    json.tests.every((test: any) => 'readConcernDocument' in Object(test) || 'writeConcernDocument' in Object(test)),
  async run(file, context) {
    file.json.tests.forEach((test: any, index: number) => {
      runPureTest(file, context, nameOfTest(test, index), () => check(test));
    });
  },
};

function check(test: any): void {
  if (typeof test.valid !== 'boolean') throw new Difference('the test cannot be read: valid is neither true nor false');
  if (test.valid) checkValid(test);
  else checkInvalid(test);
}

function checkInvalid(test: any): void {
  let made: ReadConcern | WriteConcern;
  try {
    made = concernOf(test);
  } catch (error) {
    if (error instanceof ConfigurationError) return;
    throw error;
  }
  throw new Difference(`expected the concern to be refused, made ${JSON.stringify(made.toDocument())}`);
}

function concernOf(test: any): ReadConcern | WriteConcern {
  return 'readConcernDocument' in test ? ReadConcern.from(test.readConcern) : WriteConcern.from(test.writeConcern);
}

function checkValid(test: any): void {
  const concern = concernOf(test);
  const comparison = new Comparison();
  const document = test.readConcernDocument ?? test.writeConcernDocument;
  comparison.same('document', () => ({ ...concern.toDocument() }), document, isDeepStrictEqual);
  for (const property of ['isServerDefault', 'isAcknowledged']) {
    if (typeof test[property] !== 'boolean') continue;
    comparison.same(property, () => (concern as any)[property], test[property], isDeepStrictEqual);
  }
  comparison.end();
}
