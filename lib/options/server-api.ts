import type { ServerAPI } from './client-options.js';

/**
 * The fields by which each command declares the Stable API: only what the user gave, also where it is the default.
 *
 * @see MongoDB Stable API specification, "Command Syntax"
 */
export function serverApiFields(api: Readonly<ServerAPI>): Readonly<Record<string, unknown>> {
  const { version, strict, deprecationErrors } = api;
  return Object.freeze({
    apiVersion: version,
    ...(strict === undefined ? undefined : { apiStrict: strict }),
    ...(deprecationErrors === undefined ? undefined : { apiDeprecationErrors: deprecationErrors }),
  });
}
