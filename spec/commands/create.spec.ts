import { create } from '../../lib/commands/create.js';
import { facts, replyOf, scope } from './scope-and-reply.js';

describe('create', () => {
  it.each([
    { capped: true, size: 4096, max: 5 },
    { viewOn: 'a', pipeline: [{ $match: {} }], collation: { locale: 'en' } },
    { timeseries: { timeField: 't' }, expireAfterSeconds: 5 },
    { clusteredIndex: { key: { _id: 1 }, unique: true } },
    { validator: { a: 1 }, validationLevel: 'strict', validationAction: 'warn' },
    { changeStreamPreAndPostImages: { enabled: true }, encryptedFields: { fields: [] } },
    { storageEngine: {}, indexOptionDefaults: {}, comment: 5, maxTimeMS: 7 },
  ])('takes %j', (options) => {
    expect(create.build({ options }, scope)).toEqual({ create: 'c', ...options });
  });

  it('leaves the settings of the collection object out', () => {
    expect(create.build({ options: { pkFactory: {}, promoteLongs: false, capped: undefined } }, scope)).toEqual({
      create: 'c',
    });
  });

  it('refuses wrong types', () => {
    expect(() => create.build({ options: { capped: 'yes' } }, scope)).toThrow(
      "capped must be true or false, not 'yes'",
    );
    expect(() => create.build({ options: { size: -1 } }, scope)).toThrow('size must not be negative');
    expect(() => create.build({ options: { pipeline: {} } }, scope)).toThrow('pipeline must be an array');
  });

  it('gives the reply', () => {
    expect(create.parse(replyOf({}), {}, scope, facts)).toEqual({ ok: 1 });
  });
});
