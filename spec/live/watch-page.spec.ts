import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, launch, type Page } from 'puppeteer-core';
import { AsyncClient } from '../../lib/index.js';
import type { Deployment } from '../support/deployment/deployment.js';
import { ownServers } from '../support/deployment/own-servers.js';
import { findChromium } from '../support/find-chromium.js';
import { startSet } from '../support/proxy/start-set.js';
import { type Program, runExample } from './run-example.js';

const LIMIT_MS = 60_000;
const chromium = findChromium();

ownServers('examples/watch.ts', () => {
  let folder: string;
  let set: Deployment;
  let program: Program;
  let url: string;
  let client: AsyncClient;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rotor-watch-'));
    set = await startSet(1);
    client = new AsyncClient(set.uri);
    const uri = new URL(set.uri);
    uri.pathname = '/shop';
    program = runExample('watch', { PORT: '0', MONGODB_URI: uri.href });
    url = await program.listening();
  }, LIMIT_MS);

  afterAll(async () => {
    program?.child.kill('SIGKILL');
    await client?.close();
    await set?.stop();
    rmSync(folder, { recursive: true });
  });

  async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (let left = 200; left > 0; left--) {
      if (await holds()) return;
      await sleep(50);
    }
    throw new Error(`still not: ${what}; the program says: ${program.output()}`);
  }

  /** How many change streams the server holds for the program. */
  async function cursors(): Promise<number> {
    const found = await client.admin
      .aggregate([
        { $currentOp: { idleCursors: true, allUsers: true } },
        { $match: { appName: 'watch', 'cursor.tailable': true } },
      ])
      .toArray();
    return new Set(found.map(({ cursor }) => String(cursor.cursorId))).size;
  }

  const order = (item: unknown, amount: unknown): Promise<Response> =>
    fetch(`${url}/orders`, { method: 'POST', body: JSON.stringify({ item, amount }) });

  it(
    'serves every listener by one cursor, and keeps none where nobody listens',
    async () => {
      const leaving = new AbortController();
      const streams = await Promise.all(
        Array.from({ length: 20 }, () => fetch(`${url}/events`, { signal: leaving.signal })),
      );
      expect(new Set(streams.map(({ headers }) => headers.get('content-type')))).toEqual(
        new Set(['text/event-stream']),
      );
      expect((await order('tea', 2)).status).toBe(201);
      expect((await order('', 'x')).status).toBe(400);
      await until('one cursor', async () => (await cursors()) === 1);
      const texts = await Promise.all(streams.map(readChange));
      for (const text of texts) expect(text).toMatch(/^event: change\ndata: \{.*"operationType":"insert".*"tea"/m);
      leaving.abort();
      await until('no cursor', async () => (await cursors()) === 0);
      expect(program.output()).not.toContain('Error');
    },
    LIMIT_MS,
  );

  const browsed = chromium === undefined ? it.skip : it;
  browsed(
    'shows in one window what happens in another (needs Chromium)',
    async () => {
      const args = ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
      const browser: Browser = await launch({ executablePath: chromium!, args });
      try {
        const [one, other] = (await Promise.all([open(browser), open(browser)])) as [Page, Page];
        await one.type('input[name=item]', 'a pot of coffee');
        await one.click('form button');
        for (const page of [one, other]) await until('the order', () => shows(page, 'a pot of coffee'));
        await client
          .db('shop')
          .collection('orders')
          .updateOne({ item: 'a pot of coffee' }, { $set: { amount: 12 } });
        for (const page of [one, other]) await until('the new amount', () => shows(page, '12'));
        const path = join(process.env.SCREENSHOT_FOLDER ?? folder, 'watch.png');
        await other.screenshot({ path });
        expect(statSync(path).size).toBeGreaterThan(5_000);
        await other.evaluate(`document.querySelector('#orders tr button').click()`);
        for (const page of [one, other]) await until('no order', async () => !(await shows(page, 'a pot of coffee')));
      } finally {
        await browser.close();
      }
      await until('no cursor', async () => (await cursors()) === 0);
    },
    LIMIT_MS,
  );

  it(
    'ends by itself when it is told to, also while somebody listens',
    async () => {
      await fetch(`${url}/events`);
      program.child.kill('SIGTERM');
      expect(await program.ended).toBe(0);
      expect(program.output()).not.toContain('Error');
    },
    LIMIT_MS,
  );

  async function open(browser: Browser): Promise<Page> {
    const page = await browser.newPage();
    await page.setViewport({ width: 900, height: 620 });
    await page.goto(url);
    await page.waitForSelector('#status.live');
    return page;
  }

  const shows = async (page: Page, text: string): Promise<boolean> =>
    String(await page.evaluate(`document.querySelector('#orders').innerText`)).includes(text);
});

/** Reads on until a change has come whole. */
async function readChange(response: Response): Promise<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!/event: change\n.*\n\n/.test(text)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the events ended with: ${text}`);
    text += value;
  }
  return text;
}
