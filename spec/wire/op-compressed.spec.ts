import { ProtocolError } from '../../lib/errors/connection-errors.js';
import {
  checkSize,
  isCompressed,
  mayBeCompressed,
  originalHeader,
  readCompressed,
  wrapCompressed,
} from '../../lib/wire/op-compressed.js';
import { opMsg, withInt32At } from '../support/reply-bytes.js';

const message = opMsg({ find: 'a' }, { requestId: 5, responseTo: 6 });
const wrapped = wrapCompressed(message, 2, Buffer.from('zip'));

describe('OP_COMPRESSED', () => {
  it('wraps a message: its opcode, its size, the compressor', () => {
    expect(wrapped.subarray(0, 16)).toEqual(withInt32At(withInt32At(message.subarray(0, 16), 0, 16 + 9 + 3), 12, 2012));
    expect([wrapped.readInt32LE(16), wrapped.readInt32LE(20), wrapped[24]]).toEqual([2013, message.length - 16, 2]);
    expect(wrapped.toString('latin1', 25)).toBe('zip');
    expect([isCompressed(wrapped), isCompressed(message)]).toEqual([true, false]);
  });

  it('is read again, header and all', () => {
    expect(readCompressed(wrapped)).toEqual({
      ...{ compressorId: 2, uncompressedSize: message.length - 16 },
      bytes: Buffer.from('zip'),
    });
    expect(originalHeader(wrapped)).toEqual(message.subarray(0, 16));
  });

  it.each<[string, Buffer, string]>([
    ['too short for its fields', wrapped.subarray(0, 24), 'a compressed reply of 24 bytes holds nothing'],
    ['a compressed reply in a compressed one', withInt32At(wrapped, 16, 2012), 'holds the opcode 2012; expected 2013'],
    ['a legacy reply', withInt32At(wrapped, 16, 1), 'holds the opcode 1; expected 2013 (OP_MSG)'],
    ['a negative size', withInt32At(wrapped, 20, -1), 'claims to hold -1 bytes; expected 0 to 47999984'],
    ['a size beyond the limit', withInt32At(wrapped, 20, 47_999_985), 'claims to hold 47999985 bytes'],
    ['the largest number', withInt32At(wrapped, 20, 0x7fffffff), 'claims to hold 2147483647 bytes'],
  ])('refuses %s', (_name, bytes, reason) => {
    expect(() => readCompressed(bytes)).toThrow(ProtocolError);
    expect(() => readCompressed(bytes)).toThrow(reason);
  });

  it('refuses a header that lies about what was in it', () => {
    expect(checkSize(Buffer.alloc(3), 3)).toHaveLength(3);
    expect(() => checkSize(Buffer.alloc(3), 4)).toThrow('holds 3 bytes, and claims to hold 4: its header lies');
  });
});

it.each(['find', 'insert', 'ping', 'hellos', 'getMore'])('%s may be compressed', (name) => {
  expect(mayBeCompressed(opMsg({ [name]: 1 }))).toBe(true);
});

it.each([
  ...['hello', 'isMaster', 'ismaster', 'saslStart', 'saslContinue', 'getnonce', 'authenticate'],
  ...['createUser', 'updateUser', 'copydbSaslStart', 'copydbgetnonce', 'copydb', 'COPYDB'],
])('%s never is', (name) => {
  expect(mayBeCompressed(opMsg({ [name]: 1, $db: 'admin' }))).toBe(false);
});
