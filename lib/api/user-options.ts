import type { Document } from '../bson/codec.js';
import type { AuthMechanism } from '../options/credential.js';
import type { OperationOptions } from './operation-options.js';

/** Options of `db.authenticate()`. */
export interface AuthenticateOptions {
  /** The database that knows the user. Default: the one that `authenticate` is called on. */
  source?: string;
  /** Default: what the server and the driver agree on, SCRAM-SHA-256 or SCRAM-SHA-1. */
  mechanism?: AuthMechanism;
  /** What the mechanism takes beside a username and a password, such as `{ SERVICE_NAME: 'mongodb' }`. */
  mechanismProperties?: Readonly<Record<string, any>>;
}

/** Options of `db.addUser()`. */
export interface AddUserOptions extends Pick<OperationOptions, 'session' | 'signal' | 'timeoutMS'> {
  /** A user who may only read. Not together with `roles`. */
  readOnly?: boolean;
  /** Such as `['readWrite', { role: 'read', db: 'reports' }]`. Default: `dbOwner`, in `admin` `root`. */
  roles?: readonly (string | { role: string; db: string })[];
  customData?: Document;
  /** Which keys the server keeps of the password: `SCRAM-SHA-1`, `SCRAM-SHA-256`. */
  mechanisms?: readonly string[];
  authenticationRestrictions?: readonly Document[];
  comment?: unknown;
  writeConcern?: Document;
}

/** Options of `db.removeUser()`. */
export interface RemoveUserOptions extends Pick<OperationOptions, 'session' | 'signal' | 'timeoutMS'> {
  comment?: unknown;
  writeConcern?: Document;
}
