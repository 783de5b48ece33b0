import { deflateSync } from 'node:zlib';
import { serialize } from 'bson';
import { opMsg, withOpCode, withSectionKind } from './reply-bytes.js';
import { readRequest } from './request-bytes.js';

function sequence(name: string, documents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat([Buffer.alloc(5), Buffer.from(`${name}\0`), ...documents]);
  body.writeUInt8(1, 0);
  body.writeInt32LE(body.length - 1, 1);
  return body;
}

describe('readRequest', () => {
  it('puts document sequences under their name', () => {
    const command = opMsg({ insert: 'users', $db: 'test' }, { requestId: 5, flags: 2 });
    const raw = Buffer.concat([command, sequence('documents', [serialize({ _id: 1 }), serialize({ _id: 2 })])]);
    raw.writeInt32LE(raw.length, 0);
    const request = readRequest(raw);
    expect(request).toMatchObject({ requestId: 5, flags: 2, name: 'insert', db: 'test', sequences: ['documents'] });
    expect(request.command).toEqual({ insert: 'users', $db: 'test', documents: [{ _id: 1 }, { _id: 2 }] });
    expect(request.raw).toBe(raw);
  });

  it('leaves the checksum out of the sections', () => {
    expect(readRequest(opMsg({ ping: 1, $db: 'admin' }, { checksum: true })).command).toEqual({
      ping: 1,
      $db: 'admin',
    });
  });

  it('reads the OP_QUERY of a legacy hello', () => {
    const name = Buffer.from('admin.$cmd\0');
    const numbers = Buffer.alloc(8);
    numbers.writeInt32LE(-1, 4);
    const query = serialize({ isMaster: 1, helloOk: true });
    const raw = Buffer.concat([Buffer.alloc(20), name, numbers, query]);
    for (const [index, value] of [raw.length, 3, 0, 2004].entries()) raw.writeInt32LE(value, index * 4);
    expect(readRequest(raw)).toMatchObject({ requestId: 3, name: 'isMaster', db: 'admin', command: { helloOk: true } });
  });

  it('refuses what no driver sends', () => {
    expect(() => readRequest(withOpCode(opMsg({ ping: 1 }), 2001))).toThrow('opcode 2001');
    expect(() => readRequest(withSectionKind(opMsg({ ping: 1 }), 7))).toThrow('section of kind 7');
  });
});

it('reads a request that zlib has compressed', () => {
  const plain = opMsg({ ping: 1, $db: 'a' }, { requestId: 7 });
  const head = Buffer.alloc(25);
  const content = deflateSync(plain.subarray(16));
  for (const [offset, value] of Object.entries({
    0: 25 + content.length,
    4: 7,
    12: 2012,
    16: 2013,
    20: plain.length - 16,
  })) {
    head.writeInt32LE(value, Number(offset));
  }
  head[24] = 2;
  const { raw, ...request } = readRequest(Buffer.concat([head, content]));
  expect(request).toMatchObject({ requestId: 7, name: 'ping', db: 'a', compressedBy: 2 });
  expect(raw).toEqual(plain);
  head.writeInt32LE(3, 20);
  expect(() => readRequest(Buffer.concat([head, content]))).toThrow('does not have the size that it claims');
});
