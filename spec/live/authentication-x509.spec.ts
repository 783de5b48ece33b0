import { AsyncClient, AuthenticationError, type ClientOptions } from '../../lib/index.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { type Deployment, startDeployment } from '../support/deployment/start-deployment.js';

/** A server may have to be fetched and started. Milliseconds. */
const START_MS = 180_000;

ownServers('MONGODB-X509', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await startDeployment({ auth: true, tls: true, say: () => {} });
  }, START_MS);
  afterAll(() => deployment?.stop());

  function client(options: ClientOptions = {}): AsyncClient {
    const { caFile, certificateKeyFile } = deployment.tls!;
    const tls = { tls: true, tlsCAFile: caFile, tlsCertificateKeyFile: certificateKeyFile };
    return new AsyncClient(`mongodb://${deployment.members[0]!.address}/`, {
      ...tls,
      authMechanism: 'MONGODB-X509',
      ...options,
    });
  }

  const who = async (of: AsyncClient): Promise<unknown> =>
    (await of.admin.command({ connectionStatus: 1 })).authInfo.authenticatedUsers;

  it('takes the subject of the certificate for the user', async () => {
    await using anonymous = client();
    const user = { user: deployment.tls!.clientSubject, db: '$external' };
    expect(await who(anonymous)).toEqual([user]);
    await using named = client({ username: deployment.tls!.clientSubject });
    expect(await who(named)).toEqual([user]);
  });

  it('refuses another name', async () => {
    await using other = client({ username: 'CN=somebody' });
    await expect(who(other)).rejects.toBeInstanceOf(AuthenticationError);
  });

  it('goes on within hello: no further round trip', async () => {
    await using fresh = client();
    await who(fresh);
    const status = await fresh.admin.command({ serverStatus: 1 });
    const x509 = status.security.authentication.mechanisms['MONGODB-X509'];
    expect(Number(x509.speculativeAuthenticate.successful)).toBeGreaterThan(0);
  });
});
