import type { Fault } from './fault.js';
import { HEADER_BYTES } from './frame-head.js';

/** A reply as a corrupting fault leaves it. */
export function spoil(reply: Buffer, fault: Fault): Buffer {
  const { spec } = fault;
  if (spec.kind !== 'corrupt') return reply;
  const copy = Buffer.from(reply);
  if (spec.what === 'length') copy.writeInt32LE(7, 0);
  else if (spec.what === 'responseTo') copy.writeInt32LE(copy.readInt32LE(8) ^ 0x55555555, 8);
  else if (spec.what === 'opcode') copy.writeInt32LE(4711, 12);
  else {
    for (let left = spec.count ?? 1; left > 0; left--) {
      const at = HEADER_BYTES + Math.floor(fault.random() * (copy.length - HEADER_BYTES));
      copy.writeUInt8(copy.readUInt8(at) ^ (1 + Math.floor(fault.random() * 255)), at);
    }
  }
  return copy;
}
