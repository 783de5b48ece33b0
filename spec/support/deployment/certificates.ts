import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import type { TLSFiles } from './deployment.js';

/** Elliptic-curve keys: they are made in a few milliseconds, where RSA takes tenths of a second. */
const KIND = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;
const CLIENT = { O: 'Rotor', OU: 'Clients', CN: 'client' } as const;

/**
 * Makes a certificate authority and the certificates of the servers and of a client, as PEM files.
 *
 * @param folder where the files go.
 */
export async function makeCertificates(folder: string): Promise<TLSFiles> {
  const authority = await generate([{ name: 'commonName', value: 'Test authority' }], {
    ...KIND,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const ca = { key: authority.private, cert: authority.cert };
  const server = await generate([{ name: 'commonName', value: 'server' }], {
    ...KIND,
    ca,
    extensions: [
      { name: 'basicConstraints', cA: false },
      // The members of a replica set are clients of each other.
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  const client = await generate(
    Object.entries(CLIENT).map(([shortName, value]) => ({ shortName, value })),
    {
      ...KIND,
      ca,
      extensions: [
        { name: 'basicConstraints', cA: false },
        { name: 'extKeyUsage', clientAuth: true },
      ],
    },
  );
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  return {
    caFile: await write('ca.pem', ca.cert),
    certificateKeyFile: await write('client.pem', `${client.cert}\n${client.private}`),
    serverCertificateKeyFile: await write('server.pem', `${server.cert}\n${server.private}`),
    // RFC 2253 writes the fields of a name from the last to the first.
    clientSubject: Object.entries(CLIENT)
      .reverse()
      .map(([field, value]) => `${field}=${value}`)
      .join(','),
  };
}
