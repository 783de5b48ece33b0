import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificates } from './certificates.js';
import { createDataFolder } from './data-folder.js';
import type { Credentials, TLSFiles } from './deployment.js';
import { ownThings } from './owned-things.js';
import type { MongodOptions } from './run-mongod.js';

export type Compressor = 'snappy' | 'zstd' | 'zlib';

/** What the servers of a deployment can do, beyond the plain ones. */
export interface ServerOptions {
  /** Users must authenticate: `root` (SCRAM-SHA-1 and SCRAM-SHA-256) and, with `tls`, the client's certificate. */
  readonly auth?: boolean;
  /**
   * With certificates of its own. `true` is `preferTLS`: connections with and without TLS are accepted; `required` only
   * those with TLS, `mutual` only those that show a certificate.
   */
  readonly tls?: boolean | 'required' | 'mutual';
  /** The compressors that the servers agree to. Default: all three. An empty list turns compression off. */
  readonly compressors?: readonly Compressor[];
  /** Gives each member a `socketPath`. */
  readonly unixSocket?: boolean;
  /** Listens on `::1`, too; the addresses are `[::1]:port`. */
  readonly ipv6?: boolean;
  /** Port of the first server; the others follow it. Default: free ports. */
  readonly port?: number;
  /**
   * Whether a replica set keeps its primary, as nobody is going to break it. Default: its members elect another one after
   * 1.5 s, which a busy machine may take from them.
   */
  readonly steady?: boolean;
  /** Further arguments of mongod. */
  readonly args?: readonly string[];
}

/** What the servers of one deployment have in common. */
export interface ServerSetup {
  readonly binary: string;
  readonly version: string;
  readonly options: ServerOptions;
  /** The name in addresses: `127.0.0.1` or `[::1]`. */
  readonly host: string;
  readonly mongod: Pick<MongodOptions, 'binary' | 'args' | 'ip' | 'auth'>;
  readonly credentials: Credentials | undefined;
  readonly tls: TLSFiles | undefined;
  /** Removes the files. */
  dispose(): Promise<void>;
}

/** Writes the files that servers with these options need, and works out their arguments. */
export async function setUpServers(binary: string, version: string, options: ServerOptions): Promise<ServerSetup> {
  const { auth = false, tls = false, compressors, unixSocket = false, ipv6 = false } = options;
  const args: string[] = [];
  let files: TLSFiles | undefined;
  let dispose = async (): Promise<void> => {};
  if (auth || tls !== false) {
    const folder = await createDataFolder();
    const release = ownThings({ folder });
    dispose = async () => {
      await rm(folder, { recursive: true, force: true });
      release();
    };
    if (auth) args.push('--keyFile', await writeKeyFile(folder));
    if (tls !== false) files = await makeCertificates(folder);
  }
  if (files !== undefined) {
    args.push('--tlsMode', tls === true ? 'preferTLS' : 'requireTLS', '--tlsCAFile', files.caFile);
    args.push('--tlsCertificateKeyFile', files.serverCertificateKeyFile);
    if (tls !== 'mutual') args.push('--tlsAllowConnectionsWithoutCertificates');
  }
  if (compressors) args.push('--networkMessageCompressors', compressors.join(',') || 'disabled');
  if (ipv6) args.push('--ipv6');
  if (!unixSocket && process.platform !== 'win32') args.push('--nounixsocket');
  return {
    binary,
    version,
    options,
    host: ipv6 ? '[::1]' : '127.0.0.1',
    mongod: { binary, args: [...args, ...(options.args ?? [])], ip: ipv6 ? '127.0.0.1,::1' : '127.0.0.1', auth },
    credentials: auth ? { username: 'root', password: randomBytes(12).toString('hex') } : undefined,
    tls: files,
    dispose,
  };
}

/** The secret by which the members of a replica set know each other; readable by its owner alone, or mongod refuses. */
async function writeKeyFile(folder: string): Promise<string> {
  const path = join(folder, 'key');
  await writeFile(path, randomBytes(48).toString('base64'), { mode: 0o600 });
  return path;
}
