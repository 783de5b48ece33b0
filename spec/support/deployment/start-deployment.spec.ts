import { startDeployment } from './start-deployment.js';

// What starts servers is tested in spec/live/deployment*.spec.ts.
describe('startDeployment', () => {
  it.each([
    [{ shape: 'ring' }, 'shape: expected standalone or replicaSet, got "ring"'],
    [{ members: 3 }, 'members: expected none for the shape standalone, got 3'],
    [{ shape: 'replicaSet', members: 2 }, 'members: expected 1 or 3, got 2'],
  ])('refuses %j before it looks for a server', async (options, message) => {
    const say = jest.fn();
    await expect(startDeployment({ ...options, say } as object)).rejects.toThrow(new TypeError(message));
    expect(say).not.toHaveBeenCalled();
  });
});
