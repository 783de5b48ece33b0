import { type DocumentSequence, listsOf } from '../../lib/wire/document-sequence.js';

const sequence = (name: string, length: number, companion?: () => DocumentSequence): DocumentSequence => ({
  name,
  length,
  allowance: 0,
  encodeInto: (_target, offset) => offset,
  at: (index) => ({ [name]: index }),
  ...(companion && { companion }),
});

describe('listsOf', () => {
  it('gives the entries that a message holds', () => {
    expect(listsOf(sequence('documents', 9), 2, 3)).toEqual({
      documents: [{ documents: 2 }, { documents: 3 }, { documents: 4 }],
    });
  });

  it('gives all entries of the sequence behind it', () => {
    const ops = sequence('ops', 9, () => sequence('nsInfo', 2));
    expect(listsOf(ops, 8, 1)).toEqual({ ops: [{ ops: 8 }], nsInfo: [{ nsInfo: 0 }, { nsInfo: 1 }] });
  });
});
