import type { ReadyDeployment } from '../format.js';
import { GivenDeployment } from './given-deployment.js';

const URI = 'mongodb://127.0.0.1:1/?directConnection=true';
const READY: ReadyDeployment = {
  ...{ name: 'standalone 6.0.5', topology: 'single', version: '6.0.5', auth: false, facade: false },
  ...{ uri: URI, uris: [URI], internalURI: URI, setupURI: URI },
};

describe('GivenDeployment', () => {
  it('is the one there is', () => {
    expect(new GivenDeployment(READY).candidates()).toEqual([READY]);
  });

  it('is not handed out once it has died', async () => {
    const deployments = new GivenDeployment(READY);
    const message = 'the server at 127.0.0.1:1 (--uri) has died during the run';
    expect(await deployments.findDead()).toBe(message);
    await expect(deployments.get()).rejects.toThrow(message);
  });

  it('is refused where nobody answers, without its password', async () => {
    await expect(GivenDeployment.open('mongodb://u:secret@127.0.0.1:1/')).rejects.toThrow(
      /^The server of mongodb:\/\/\*\*\*@127\.0\.0\.1:1\/ does not answer: connect ECONNREFUSED/,
    );
  });
});
