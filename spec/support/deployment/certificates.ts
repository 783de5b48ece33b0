import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TLSFiles } from './deployment.js';
import { TestAuthority } from './test-authority.js';

const CLIENT = { O: 'Rotor', OU: 'Clients', CN: 'client' } as const;

/**
 * Makes a certificate authority and the certificates of the servers and of a client, as PEM files.
 *
 * @param folder where the files go.
 */
export async function makeCertificates(folder: string): Promise<TLSFiles> {
  const authority = await TestAuthority.make();
  const server = await authority.certify();
  const client = await authority.certify({ fields: CLIENT, isClient: true });
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  return {
    caFile: await write('ca.pem', authority.cert),
    // Servers do not look at the list: `tlsCRLFile` is for clients.
    crlFile: await write('crl.pem', await authority.revoke([])),
    revokingCRLFile: await write('revoking-crl.pem', await authority.revoke([server])),
    certificateKeyFile: await write('client.pem', `${client.cert}\n${client.key}`),
    serverCertificateKeyFile: await write('server.pem', `${server.cert}\n${server.key}`),
    // RFC 2253 writes the fields of a name from the last to the first.
    clientSubject: Object.entries(CLIENT)
      .reverse()
      .map(([field, value]) => `${field}=${value}`)
      .join(','),
  };
}
