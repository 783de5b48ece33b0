import type { Compression } from '../wire/compression.js';

/**
 * Hands on the messages of a connection whose server may compress them, in the order of their arrival also where one is
 * decompressed by a thread.
 *
 * @param received takes the messages; may throw
 * @param broken is told of what cannot be decompressed or taken, where that shows later
 * @returns takes what arrives; throws where that shows at once
 */
export function restoredMessages(
  compression: Compression,
  received: (message: Buffer) => void,
  broken: (error: unknown) => void,
): (message: Buffer) => void {
  let last: Promise<void> | undefined;
  const handOnBehind = async (previous: Promise<void> | undefined, restored: Buffer | Promise<Buffer>) => {
    try {
      const [message] = await Promise.all([restored, previous]);
      received(message);
    } catch (error) {
      broken(error);
    }
  };
  return (message) => {
    const restored = compression.restore(message);
    if (restored instanceof Buffer && last === undefined) {
      received(restored);
      return;
    }
    const handedOn = handOnBehind(last, restored);
    last = handedOn;
    void handedOn.then(() => {
      if (last === handedOn) last = undefined;
    });
  };
}
