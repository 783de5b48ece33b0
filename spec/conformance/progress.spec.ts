import { Progress } from './progress.js';

const file = (suite: string) => ({ suite, path: `${suite}/a.json`, absolute: '', json: {} });

function shown(isTTY: boolean): string {
  let text = '';
  const progress = new Progress(3, {
    isTTY,
    write: (more) => {
      text += more;
    },
  });
  progress.next(file('crud'), 0);
  progress.next(file('crud'), 1);
  progress.next(file('sessions'), 2);
  progress.end();
  return text;
}

describe('Progress', () => {
  it('writes a line for each suite', () => {
    expect(shown(false)).toBe('1/3  crud\n3/3, 2 failed  sessions\n');
  });

  it('writes one line that changes on a terminal, and takes it away at the end', () => {
    expect(shown(true).split('\r\x1b[K')).toEqual([
      ...['', '1/3  crud/a.json', '2/3, 1 failed  crud/a.json', '3/3, 2 failed  sessions/a.json', ''],
    ]);
  });
});
