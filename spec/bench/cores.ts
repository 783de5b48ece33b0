// One core for the server, another for the client, where the system can pin a process (taskset of util-linux).

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { platform } from 'node:process';

export interface Cores {
  readonly client: number;
  readonly server: number;
}

/** Two cores of those that this process may use, or null where processes cannot be pinned. */
export function pickCores(): Cores | null {
  if (platform !== 'linux' || spawnSync('taskset', ['--version']).status !== 0) return null;
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  const cores = expandRanges(allowed);
  return cores.length < 2 ? null : { client: cores[0]!, server: cores[1]! };
}

/** "0-2,5" as [0, 1, 2, 5]. */
export function expandRanges(list: string): number[] {
  return list
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [from, to = from] = range.split('-').map(Number);
      return Array.from({ length: to! - from! + 1 }, (_, index) => from! + index);
    });
}

/** A Node.js command line, pinned if a core is given. */
export function nodeCommand(core: number | undefined, args: readonly string[]): [command: string, args: string[]] {
  if (core === undefined) return [process.execPath, [...args]];
  return ['taskset', ['-c', String(core), process.execPath, ...args]];
}
