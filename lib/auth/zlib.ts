import type zlib from 'node:zlib';

/**
 * Stands in for `zlib` where the build bundles the package of saslprep.ts, whose tables are packed: it calls `require`,
 * which ES modules do not have. Nothing is loaded before that.
 */
export const gunzipSync: typeof zlib.gunzipSync = (data) => process.getBuiltinModule('node:zlib').gunzipSync(data);
