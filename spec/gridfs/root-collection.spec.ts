import { GridFSCollections } from '../../lib/gridfs/gridfs-collections.js';
import { collectionsOf } from '../../lib/gridfs/root-collection.js';
import { useScriptedClient } from '../api/scripted-client.js';

const scripted = useScriptedClient();

describe('collectionsOf', () => {
  it('gives the two collections of a root, with its concerns', () => {
    const root = scripted.db.collection('images', { readConcern: 'majority', writeConcern: { w: 2 } });
    const { files, chunks, bucketName } = collectionsOf(root);
    expect([files.fullName, chunks.fullName, bucketName]).toEqual([
      'shop.images.files',
      'shop.images.chunks',
      'images',
    ]);
    expect([files.readConcern.level, chunks.writeConcern.w]).toEqual(['majority', 2]);
  });

  it('takes collections that are there already', () => {
    const collections = new GridFSCollections(scripted.db);
    expect(collectionsOf(collections)).toBe(collections);
  });

  it.each([[undefined], [null], ['fs'], [{}]])('refuses %p', (root) => {
    expect(() => collectionsOf(root as never)).toThrow(TypeError);
  });
});
