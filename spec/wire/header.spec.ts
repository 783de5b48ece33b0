import { HEADER_SIZE, nextRequestId, OpCode, writeHeader } from '../../lib/wire/header.js';

describe('the header', () => {
  it('is length, request id, 0 and opcode, little-endian', () => {
    const bytes = Buffer.alloc(HEADER_SIZE, 0xff);
    writeHeader(bytes, 0x01020304, 0x7fffffff, OpCode.msg);
    expect(bytes.toString('hex')).toBe(`04030201${'ffffff7f'}${'00000000'}dd070000`);
  });

  it('has ids that count up', () => {
    const first = nextRequestId();
    expect(first).toBeGreaterThan(0);
    expect([nextRequestId(), nextRequestId()]).toEqual([first + 1, first + 2]);
  });
});
