import { AsyncClient } from '../../lib/index.js';
import { testUri, uniqueDatabase } from '../support/live.js';
import { findMotor } from '../support/motor-handler/motor-handler.js';
import { officialClient } from '../support/official-client.js';
import { CASES, type Column } from './http-comparison/cases.js';
import { LocalColumns, startMotor, storeFiles } from './http-comparison/columns.js';
import { cell, documented, rewrite } from './http-comparison/comparison-table.js';

// The table of docs/gridfs-http.md: what four servers do in 20 cases. UPDATE_COMPARISON=1 writes it anew.

const UPDATE = process.env.UPDATE_COMPARISON === '1';
const client = new AsyncClient(testUri());
const database = client.db(uniqueDatabase('http-comparison'));
const witness = officialClient(testUri());
const db = witness.db(database.name);
const local = new LocalColumns(db);
const motor = findMotor();
const outcomes = new Map<string, string[]>();

beforeAll(async () => {
  await storeFiles(db);
  await local.open(database);
}, 60_000);

afterAll(async () => {
  await local.close();
  await database.dropDatabase();
  await witness.close();
  await client.close();
});

/** What a server does in each case, as the table has it. */
async function measure(column: Column): Promise<string[]> {
  const cells: string[] = [];
  for (const { name, expected, outcome } of CASES) {
    const without = column.without?.[name];
    const seen = without ?? (await outcome(column).catch((error: Error) => `no response (${error.message})`));
    cells.push(cell(seen, expected));
  }
  outcomes.set(column.name, cells);
  return cells;
}

describe('the comparison', () => {
  it('has 20 cases', () => expect(CASES).toHaveLength(20));

  it.each(['Rotor', 'send', 'official driver'])(
    'of %s stands in the documentation',
    async (name) => {
      const cells = await measure(local.columns.find((column) => column.name === name)!);
      if (!UPDATE) expect(cells).toEqual(documented(name));
    },
    60_000,
  );

  const { folder } = motor;
  if (folder === undefined) it.skip(`of Motor stands in the documentation: ${motor.reason}`, () => undefined);
  else
    it('of Motor stands in the documentation', async () => {
      const { column, stop } = await startMotor(folder, testUri(), db, () => local.openCursors());
      const cells = await measure(column).finally(stop);
      if (!UPDATE) expect(cells).toEqual(documented('Motor'));
    }, 60_000);

  it('finds nothing amiss with Rotor', () => {
    expect(outcomes.get('Rotor')).toEqual(CASES.map(() => 'yes'));
  });

  if (UPDATE)
    it('is written', () => {
      expect(outcomes.size).toBe(4);
      rewrite(outcomes);
    });
});
