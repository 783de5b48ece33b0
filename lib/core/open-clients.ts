/** From how many clients of the same servers on a process is likely to make one for each request. */
export const MANY_CLIENTS = 10;

interface Closable {
  readonly isClosed: boolean;
}

/** The clients that are open, by their servers. Held weakly: one that was forgotten is none of them any more. */
const open = new Map<string, WeakRef<Closable>[]>();
const warned = new Set<string>();

/**
 * Notes that a client of these servers has been opened, and warns once of many at a time: each has connections and checks
 * of its own, and a server takes only so many.
 */
export function countOpenClient(servers: string, client: Closable): void {
  for (const [key, clients] of open) {
    const left = clients.filter((other) => other.deref()?.isClosed === false);
    if (left.length > 0) open.set(key, left);
    else open.delete(key);
  }
  const clients = [...(open.get(servers) ?? []), new WeakRef(client)];
  open.set(servers, clients);
  if (clients.length < MANY_CLIENTS || warned.has(servers)) return;
  warned.add(servers);
  process.emitWarning(
    `${clients.length} clients of ${servers} are open in this process, each with connections of its own. Make one, where the ` +
      'program starts, and share it: export it from a module, or use AsyncClient.shared(uri); close those that are not needed',
    { type: 'RotorWarning', code: 'ROTOR_MANY_CLIENTS' },
  );
}
