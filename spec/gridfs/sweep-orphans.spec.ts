import { ObjectId } from 'bson';
import { GridFSCollections } from '../../lib/gridfs/gridfs-collections.js';
import { type SweepOptions, sweepOrphans } from '../../lib/gridfs/sweep-orphans.js';
import { useScriptedGridFS } from './scripted-gridfs.js';

const scripted = useScriptedGridFS();
const NOW = 1_700_000_000;

/** What the server's aggregations find: ids without a file, and the newest chunk of each. */
let newest: Map<string, ObjectId | string>;
let hasFile: boolean;

beforeEach(() => {
  jest.spyOn(Date, 'now').mockReturnValue(NOW * 1000 + 500);
  newest = new Map();
  hasFile = false;
  scripted.intercept(({ name, command }) => {
    const reply = (documents: object[]) => ({ ok: 1, cursor: { id: 0n, ns: 'shop.fs.chunks', firstBatch: documents } });
    if (name === 'find') return reply(hasFile ? [{ _id: 1 }] : []);
    if (name === 'delete') return { ok: 1, n: 3 };
    if (name !== 'aggregate') return undefined;
    const [first] = command.pipeline;
    if (first.$match === undefined) return reply([...newest.keys()].map((_id) => ({ _id })));
    return reply([{ _id: null, chunks: 3, newest: newest.get(first.$match.files_id) }]);
  });
});

afterEach(() => {
  jest.restoreAllMocks();
});

const at = (secondsAgo: number): ObjectId => ObjectId.createFromTime(NOW - secondsAgo);
const sweep = (options?: SweepOptions) => sweepOrphans(new GridFSCollections(scripted.db), options);

describe('sweepOrphans', () => {
  it('deletes, of each id, what is older than the bound and no more', async () => {
    newest.set('old', at(86_401)).set('young', at(86_400));
    expect(await sweep()).toEqual({ dryRun: false, files: 1, chunks: 3, deletedChunks: 3 });
    expect(scripted.commands('delete').map(({ deletes }) => deletes[0])).toEqual([
      { q: { files_id: 'old', _id: { $lt: at(86_400) } }, limit: 0 },
    ]);
  });

  it('deletes nothing on a dry run, and tells of each', async () => {
    newest.set('old', at(100));
    const onOrphan = jest.fn();
    expect(await sweep({ olderThan: 10_000, dryRun: true, onOrphan })).toMatchObject({ files: 1, deletedChunks: 0 });
    expect(onOrphan.mock.calls).toEqual([[{ filesId: 'old', chunks: 3, newest: new Date((NOW - 100) * 1000) }]]);
    expect(scripted.commands('delete')).toEqual([]);
  });

  it('waits for what it tells, and ends where that fails', async () => {
    newest.set('old', at(86_401));
    const onOrphan = async (): Promise<void> => {
      throw new Error('not this one');
    };
    await expect(sweep({ onOrphan })).rejects.toThrow('not this one');
    expect(scripted.commands('delete')).toEqual([]);
  });

  it('spares a file that was stored meanwhile, and chunks of unknown age', async () => {
    newest.set('stored', at(100)).set('odd', 'no ObjectId');
    hasFile = true;
    expect(await sweep({ olderThan: 0 })).toEqual({ dryRun: false, files: 1, chunks: 3, deletedChunks: 0 });
    expect(scripted.commands('delete')).toEqual([]);
  });

  it.each<[number | Date, number]>([
    [50_000, 1],
    [200_000, 0],
    [new Date(NOW * 1000), 1],
    [new Date((NOW - 100) * 1000), 0],
    [new Date(8.64e15), 1],
    [Number.POSITIVE_INFINITY, 0],
  ])('olderThan may be %p', async (olderThan, files) => {
    newest.set('old', at(100));
    expect(await sweep({ olderThan, dryRun: true })).toMatchObject({ files });
  });

  it.each<[any, new () => Error]>([
    ['1', TypeError],
    [Number.NaN, TypeError],
    [new Date(Number.NaN), TypeError],
    [-1, RangeError],
  ])('refuses an olderThan of %p', async (olderThan, Class) => {
    await expect(sweep({ olderThan })).rejects.toThrow(Class);
    expect(scripted.names()).toEqual([]);
  });
});
