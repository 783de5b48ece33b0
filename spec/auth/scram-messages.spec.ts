import {
  escapeName,
  MAX_ITERATIONS,
  MIN_ITERATIONS,
  readChallenge,
  readSignature,
} from '../../lib/auth/scram-messages.js';

describe('the messages of SCRAM', () => {
  it('are read with what may follow in later versions', () => {
    const challenge = readChallenge('r=abXY,s=AAECAw==,i=4096,x=later', 'ab', 'SCRAM-SHA-256');
    expect(challenge).toEqual({ nonce: 'abXY', salt: Buffer.from([0, 1, 2, 3]), iterations: 4096 });
    expect(readSignature('v=AQI=,x=later', 'SCRAM-SHA-256')).toEqual(Buffer.from([1, 2]));
  });

  it.each([MIN_ITERATIONS, 15_000, MAX_ITERATIONS])('may ask for %d iterations', (iterations) => {
    expect(readChallenge(`r=abX,s=AA==,i=${iterations}`, 'ab', 'SCRAM-SHA-1').iterations).toBe(iterations);
  });

  it.each([MIN_ITERATIONS - 1, MAX_ITERATIONS + 1])('may not ask for %d', (iterations) => {
    expect(() => readChallenge(`r=abX,s=AA==,i=${iterations}`, 'ab', 'SCRAM-SHA-1')).toThrow(
      `${iterations} iterations`,
    );
  });

  it('have names without separators', () => {
    expect(escapeName('a=b,c=,')).toBe('a=3Db=2Cc=3D=2C');
  });
});
