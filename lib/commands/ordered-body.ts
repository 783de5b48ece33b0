import type { Document } from '../bson/codec.js';

/**
 * A command document whose fields keep the order of their insertion, also those that look like whole numbers: objects move
 * these to the front, where the command's name belongs. Slower than an object; for a Map of the user's that has such a field.
 */
export function orderedBody(fields: ReadonlyMap<string, unknown>): Document {
  const body = new Map(fields);
  return new Proxy<Document>(
    {},
    {
      get: (_target, name) => body.get(name as string),
      set: (_target, name, value) => body.set(name as string, value).has(name as string),
      has: (_target, name) => body.has(name as string),
      deleteProperty: (_target, name) => body.delete(name as string) || true,
      ownKeys: () => [...body.keys()],
      getOwnPropertyDescriptor: (_target, name) =>
        body.has(name as string)
          ? { value: body.get(name as string), writable: true, enumerable: true, configurable: true }
          : undefined,
    },
  );
}
