import { setTimeout as sleep } from 'node:timers/promises';
import { openBody } from '../../lib/gridfs/http-body.js';
import { toResponse } from '../../lib/gridfs/http-fetch.js';
import { FakeFile } from './fake-file.js';

const BYTES = Buffer.from('0123456789abcdefghij');

/** A response, and what can happen to it. */
async function serve(file: FakeFile) {
  const gone = new AbortController();
  const left = new AbortController();
  const failures: unknown[] = [];
  const body = await openBody(file, [{ start: 0, end: file.length }], AbortSignal.any([gone.signal, left.signal]));
  const answer = {
    status: 206,
    headers: new Headers({ 'X-Any': '1' }),
    body,
    onError: (e: unknown) => failures.push(e),
  };
  return { response: toResponse(answer, gone, left.signal), left, failures };
}

describe('toResponse', () => {
  it('has status, headers and bytes', async () => {
    const file = new FakeFile(BYTES);
    const { response } = await serve(file);
    expect([response.status, response.headers.get('x-any')]).toEqual([206, '1']);
    expect(await response.text()).toBe(BYTES.toString());
    expect(file.reading).toBe(0);
  });

  it('has no body for none, as a 304 must have', () => {
    const answer = { status: 304, headers: new Headers(), body: undefined, onError: () => undefined };
    expect(toResponse(answer, new AbortController(), new AbortController().signal).body).toBeNull();
  });

  it('reads no further than it is read', async () => {
    const file = new FakeFile(BYTES);
    const { response } = await serve(file);
    const reader = response.body!.getReader();
    await sleep(10);
    expect(file.read).toBe(1);
    expect((await reader.read()).value).toHaveLength(4);
    expect((await reader.read()).value).toHaveLength(4);
    await sleep(10);
    expect(file.read).toBe(2);
    await reader.cancel();
  });

  it('leaves the file when it is cancelled, begun or not', async () => {
    for (const chunks of [0, 2]) {
      const file = new FakeFile(BYTES);
      const { response, failures } = await serve(file);
      const reader = response.body!.getReader();
      for (let left = chunks; left > 0; left--) await reader.read();
      await reader.cancel();
      expect(file.reading).toBe(0);
      expect(failures).toEqual([]);
    }
  });

  it('leaves the file when the request is aborted, read or not', async () => {
    const idle = new FakeFile(BYTES);
    const unread = await serve(idle);
    unread.left.abort();
    await sleep(0);
    expect(idle.reading).toBe(0);
    await expect(unread.response.text()).rejects.toThrow('aborted');

    const file = new FakeFile(BYTES);
    file.beforeChunk = async (signal) => {
      if (file.read === 2) await sleep(60_000, undefined, { signal: signal!, ref: false });
    };
    const { response, left, failures } = await serve(file);
    const reading = response.text();
    await sleep(10);
    left.abort();
    await expect(reading).rejects.toThrow('aborted');
    await sleep(0);
    expect(file.reading).toBe(0);
    expect([...failures, ...unread.failures]).toEqual([]);
  });

  it('is an error where the request was aborted before', async () => {
    const file = new FakeFile(BYTES);
    const gone = new AbortController();
    const body = await openBody(file, [{ start: 0, end: 20 }], gone.signal);
    const answer = { status: 200, headers: new Headers(), body, onError: () => undefined };
    await expect(toResponse(answer, gone, AbortSignal.abort()).text()).rejects.toThrow('aborted');
    expect(file.reading).toBe(0);
  });

  it('is broken where the file fails half-way', async () => {
    const file = new FakeFile(BYTES);
    file.fault = { at: 8, error: new Error('chunk 2 is missing') };
    const { response, failures } = await serve(file);
    await expect(response.text()).rejects.toThrow('chunk 2 is missing');
    expect(failures).toEqual([file.fault.error]);
    expect(file.reading).toBe(0);
  });
});
