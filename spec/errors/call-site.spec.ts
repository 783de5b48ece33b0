import { atCallSite } from '../../lib/errors/call-site.js';
import { RotorError } from '../../lib/errors/rotor-error.js';

function bornElsewhere(): Promise<never> {
  return new Promise((_, reject) => setImmediate(() => reject(new RotorError('late'))));
}

async function method(): Promise<never> {
  try {
    return await bornElsewhere();
  } catch (error) {
    throw atCallSite(error, method);
  }
}

async function callerOfTheMethod(): Promise<unknown> {
  return await method().catch(async (error) => error);
}

async function waits(): Promise<void> {
  await method();
}

describe('atCallSite', () => {
  it('gives an error the stack of who awaits the method', async () => {
    const error: RotorError = await waits().then(
      () => undefined as never,
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(RotorError);
    expect(error.stack).toContain('waits');
    expect(error.stack).toContain('late');
    expect(error.stack).not.toContain('bornElsewhere');
  });

  it('returns the error that it was given', async () => {
    expect(await callerOfTheMethod()).toMatchObject({ message: 'late' });
    const error = new RotorError('x');
    expect(atCallSite(error, method)).toBe(error);
  });

  it('leaves what is not of Rotor as it is', () => {
    const error = new TypeError('yours');
    const { stack } = error;
    expect(atCallSite(error, method)).toBe(error);
    expect(error.stack).toBe(stack);
    expect(atCallSite('a reason', method)).toBe('a reason');
    expect(atCallSite(undefined, method)).toBeUndefined();
  });
});
