import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Crl } from '@peculiar/x509';
import { makeCertificates } from './certificates.js';
import type { TLSFiles } from './deployment.js';

describe('makeCertificates', () => {
  let folder: string;
  let files: TLSFiles;
  const read = async (path: string): Promise<X509Certificate> => new X509Certificate(await readFile(path));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rotor-certificates-'));
    files = await makeCertificates(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('signs both certificates by its authority', async () => {
    const authority = await read(files.caFile);
    expect(authority.ca).toBe(true);
    for (const path of [files.serverCertificateKeyFile, files.certificateKeyFile]) {
      const certificate = await read(path);
      expect(certificate.verify(authority.publicKey)).toBe(true);
      expect(certificate.ca).toBe(false);
      expect(await readFile(path, 'utf8')).toContain('PRIVATE KEY');
      expect((await stat(path)).mode & 0o077).toBe(0);
    }
  });

  it('writes a list that revokes the server, and one that revokes nothing', async () => {
    const { serialNumber } = await read(files.serverCertificateKeyFile);
    const revoked = async (path: string): Promise<string[]> => {
      const { entries } = new X509Crl(await readFile(path, 'utf8'));
      return entries.map((entry) => entry.serialNumber.toUpperCase());
    };
    expect(await revoked(files.crlFile)).toEqual([]);
    expect(await revoked(files.revokingCRLFile)).toEqual([serialNumber]);
  });

  it('names the servers by all their addresses', async () => {
    const server = await read(files.serverCertificateKeyFile);
    expect(server.checkHost('localhost')).toBe('localhost');
    expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(server.checkIP('::1')).toBeDefined();
    expect(server.checkHost('example.org')).toBeUndefined();
  });

  it('gives the subject of the client as the server reads it', async () => {
    const fields = (await read(files.certificateKeyFile)).subject.split('\n').reverse();
    expect(files.clientSubject).toBe(fields.join(','));
  });
});
