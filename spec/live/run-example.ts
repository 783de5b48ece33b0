import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { testUri } from '../support/live.js';

export interface Program {
  readonly child: ChildProcess;
  /** Everything that it has written so far. */
  output(): string;
  /** The URL of a web server, once it has said that it listens there. */
  listening(): Promise<string>;
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>;
}

/** Runs an example as a user does, in a process of its own. */
export function runExample(name: string, env: NodeJS.ProcessEnv = {}): Program {
  const child = spawn(process.execPath, ['--import', 'tsx', '--unhandled-rejections=strict', `examples/${name}.ts`], {
    cwd: join(__dirname, '../..'),
    env: { ...process.env, MONGODB_URI: testUri(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  const output = (): string => chunks.join('');
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const url = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        chunks.push(text);
        const found = /^Listening on (\S+)$/m.exec(output())?.[1];
        if (found !== undefined) resolve(found);
      });
    void ended.then((code) => reject(new Error(`${name} ended with code ${code} before it listened: ${output()}`)));
  });
  // Programs that serve nothing are not waited for.
  url.catch(() => undefined);
  return { child, output, listening: () => url, ended };
}
