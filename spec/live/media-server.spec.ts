import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, type BrowserContext, launch, type Page } from 'puppeteer-core';
import { samplePictures } from '../../examples/sample-pictures.js';
import { AsyncClient, AsyncGridFS } from '../../lib/index.js';
import { findChromium } from '../support/find-chromium.js';
import { testServerUri, uniqueDatabase } from '../support/live.js';
import { type Program, runExample } from './run-example.js';

const MB = 1_000_000;

/** A request for a part of a file, and its answer. */
interface PartRequest {
  readonly range: string;
  readonly start: number;
  readonly status: number;
  readonly contentRange: string | undefined;
}

const chromium = findChromium();
const described =
  chromium === undefined
    ? describe.skip.bind(undefined, 'examples/media-server.ts (needs Chromium: CHROMIUM_PATH, or one on the PATH)')
    : describe.bind(undefined, 'examples/media-server.ts in Chromium');

described(() => {
  const client = new AsyncClient(testServerUri());
  const database = client.db(uniqueDatabase('media'));
  const fs = new AsyncGridFS(database);
  const chunks = database.collection('fs.chunks');
  let folder: string;
  let program: Program;
  let url: string;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rotor-media-'));
    const uri = new URL(testServerUri());
    uri.pathname = `/${database.name}`;
    program = runExample('media-server', { PORT: '0', MONGODB_URI: uri.href });
    const args = ['--disable-dev-shm-usage'];
    // Chromium refuses to run as root with its sandbox, as in containers.
    if (process.getuid?.() === 0) args.push('--no-sandbox');
    [browser, url] = await Promise.all([launch({ executablePath: chromium!, args }), program.listening()]);
  }, 60_000);

  // Each has a cache of its own.
  beforeEach(async () => {
    context = await browser.createBrowserContext();
    page = await context.newPage();
    await page.setViewport({ width: 1100, height: 1250 });
  });

  afterEach(async () => {
    await context.close();
  });

  afterAll(async () => {
    await browser?.close();
    program.child.kill('SIGKILL');
    await database.dropDatabase();
    await client.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens the page and waits until it shows its films. */
  async function openPage(): Promise<void> {
    await page.goto(url);
    await page.waitForFunction(
      `document.querySelector('video')?.readyState >= 2 || document.querySelector('video')?.error`,
    );
    // Such as for a Chromium that has been built without H.264.
    expect(await page.evaluate(`document.querySelector('video').error?.message`)).toBeUndefined();
  }

  function fileOf(name: string, bytes: Uint8Array): string {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  /** Chooses a file and sends the form. */
  async function startUpload(path: string): Promise<void> {
    const input = (await page.$('input[type=file]'))!;
    await input.uploadFile(path);
    await page.click('form button');
  }

  /** For whoever wants to see it: into SCREENSHOT_FOLDER, else into a folder that goes with the test. */
  async function screenshot(name: string): Promise<void> {
    const chosen = process.env.SCREENSHOT_FOLDER ?? folder;
    mkdirSync(chosen, { recursive: true });
    const path = join(chosen, name);
    await page.screenshot({ path });
    expect(statSync(path).size).toBeGreaterThan(100_000);
  }

  const status = (): Promise<string> =>
    page.$eval('#status', (shown) => (shown as { textContent: string }).textContent);

  async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (let left = 200; left > 0; left--) {
      if (await holds()) return;
      await sleep(50);
    }
    throw new Error(`still not: ${what}; the page says "${page.isClosed() ? 'nothing' : await status()}"`);
  }

  /** Starts an upload over a slow network, and waits until a part of it is in the database. */
  async function uploadHalf(name: string): Promise<void> {
    await openPage();
    const stored = await chunks.countDocuments();
    await page.emulateNetworkConditions({ upload: 5 * MB, download: 50 * MB, latency: 0 });
    await startUpload(fileOf(name, Buffer.alloc(90 * MB, 'x')));
    await until('there are chunks', async () => (await chunks.countDocuments()) > stored);
    expect(await fs.exists({ filename: name })).toBe(false);
  }

  async function expectNothingOf(name: string): Promise<void> {
    const owners = async (): Promise<number> => (await chunks.distinct('files_id')).length;
    const stored = await database.collection('fs.files').countDocuments();
    await until('all chunks belong to files', async () => (await owners()) === stored);
    expect(await fs.exists({ filename: name })).toBe(false);
  }

  /** The requests for parts of files that the page sends from now on and that have been answered. */
  async function watchRanges(): Promise<() => PartRequest[]> {
    const asked = new Map<string, Partial<PartRequest>>();
    const session = await page.createCDPSession();
    const note = (id: string, facts: Partial<PartRequest>): unknown => asked.set(id, { ...asked.get(id), ...facts });
    session.on('Network.requestWillBeSentExtraInfo', ({ requestId, headers: { Range: range } }) => {
      if (range !== undefined) note(requestId, { range, start: Number(/\d+/.exec(range)) });
    });
    // One answer may be told of more than once, and the names of its headers are written in more than one way.
    session.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode: status, headers }) => {
      const [, contentRange] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-range') ?? [];
      note(requestId, { status, contentRange: contentRange ?? asked.get(requestId)?.contentRange });
    });
    await session.send('Network.enable');
    return () => [...asked.values()].filter(({ range, contentRange }) => range && contentRange) as PartRequest[];
  }

  /** Moves the film to a second. Returns where it is then, and where the sun stands in the picture: 0 left, 1 right. */
  function seekTo(second: number): Promise<unknown> {
    return page.evaluate(`(async () => {
      const video = document.querySelector('video');
      video.currentTime = ${second};
      await new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }));
      const canvas = Object.assign(document.createElement('canvas'), { width: 512, height: 288 }).getContext('2d');
      canvas.drawImage(video, 0, 0);
      const { data } = canvas.getImageData(0, 0, 512, 200);
      const bright = [];
      for (let at = 0; at < data.length; at += 4) if (data[at] > 235 && data[at + 1] > 205) bright.push((at / 4) % 512);
      return { time: video.currentTime, sunAt: bright.reduce((sum, x) => sum + x, 0) / bright.length / 512 };
    })()`);
  }

  /** Across the picture, from 0.1 to 0.9 in 15 seconds. */
  const sunAt = (second: number): number => 0.1 + (0.8 * second) / 15;

  it('shows the pictures and the film', async () => {
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await openPage();
    await page.waitForFunction(`document.images.length > 0 && [...document.images].every((image) => image.complete)`);
    expect(await page.evaluate(`[...document.images].map((image) => [image.alt, image.naturalWidth])`)).toEqual([
      ['julia.png', 480],
      ['rings.png', 480],
      ['waves.png', 480],
    ]);
    const cells = `[...document.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))`;
    const rows = (await page.evaluate(cells)) as string[][];
    expect(rows.map(([name, type]) => `${name}: ${type}`)).toEqual([
      'one day.mp4: video/mp4',
      'julia.png: image/png',
      'rings.png: image/png',
      'waves.png: image/png',
    ]);
    expect(rows[0]![2]).toBe('26.7 MB');
    await screenshot('media-server.png');
    expect(complaints).toEqual([]);
  }, 30_000);

  it('plays the film from any second: the browser asks for that part of it', async () => {
    const asked = await watchRanges();
    await openPage();
    const { length } = await fs.getLastVersion('one day.mp4');
    // What is told of requests may come later than what they bring.
    await until('a part is asked for', async () => asked().length > 0);
    expect(asked()[0]).toMatchObject({ range: 'bytes=0-', status: 206 });

    expect(await seekTo(12)).toEqual({ time: 12, sunAt: expect.closeTo(sunAt(12), 1) });
    // Browsers begin a little before the picture that they need; of the seconds between they have read nothing.
    const jump = (): PartRequest | undefined => asked().find(({ start }) => start > (10 / 15) * length);
    await until('a part behind is asked for', async () => jump() !== undefined);
    const { start } = jump()!;
    expect(jump()).toEqual({
      range: expect.stringMatching(`^bytes=${start}-`),
      start,
      status: 206,
      contentRange: expect.stringMatching(`^bytes ${start}-\\d+/${length}$`),
    });

    expect(await seekTo(3)).toEqual({ time: 3, sunAt: expect.closeTo(sunAt(3), 1) });
    await page.$eval('video', (video) => (video as unknown as { play(): Promise<void> }).play());
    await page.waitForFunction(`document.querySelector('video').currentTime > 4`);
    await page.$eval('video', (video) => (video as unknown as { pause(): void }).pause());
  }, 30_000);

  it('takes an upload, and shows how far it is', async () => {
    const name = 'Möwe & 100 %.txt';
    const bytes = Buffer.concat([samplePictures['waves.png']!(), randomBytes(12 * MB)]);
    await openPage();
    await page.emulateNetworkConditions({ upload: 4 * MB, download: 50 * MB, latency: 0 });
    await page.evaluate(`{
      globalThis.told = [];
      const bar = document.querySelector('progress');
      new MutationObserver(() => told.push(bar.value)).observe(bar, { attributes: true });
    }`);
    await startUpload(fileOf(name, bytes));
    await page.waitForFunction(`document.querySelector('progress').value > 0.3`);
    await screenshot('media-server-upload.png');
    await until('it is stored', async () => (await status()) === `${name} is stored.`);

    const told = (await page.evaluate('told')) as number[];
    expect(told.filter((part) => part > 0 && part < 1).length).toBeGreaterThan(2);
    expect(told.filter((part) => part > 0)).toEqual(told.filter((part) => part > 0).toSorted((a, b) => a - b));
    const gridOut = await fs.getLastVersion(name);
    // By its bytes, whatever its name says.
    expect([gridOut.contentType, gridOut.length]).toEqual(['image/png', bytes.length]);
    expect((await gridOut.read()).equals(bytes)).toBe(true);
    await page.waitForFunction(`document.images[0].alt.startsWith('Möwe') && document.images[0].naturalWidth === 480`);
  }, 30_000);

  it('refuses an upload that is too large, and says so', async () => {
    const name = 'too large.bin';
    const path = fileOf(name, Buffer.alloc(0));
    // Without taking room on the disk.
    truncateSync(path, 100 * MB + 1);
    await openPage();
    await startUpload(path);
    await until('it is refused', async () =>
      (await status()).startsWith(`${name}: the upload has more than the 100000000`),
    );
    await expectNothingOf(name);
  }, 30_000);

  it('leaves nothing of an upload that is cancelled', async () => {
    await uploadHalf('cancelled.bin');
    await page.click('form button[type=button]');
    await until('it is cancelled', async () => (await status()) === 'cancelled.bin: Cancelled.');
    await expectNothingOf('cancelled.bin');
  }, 30_000);

  it('leaves nothing of an upload whose page is closed', async () => {
    await uploadHalf('left.bin');
    await page.close();
    await expectNothingOf('left.bin');
  }, 30_000);

  it('ends on SIGTERM in the middle of an upload, and leaves nothing of it', async () => {
    await uploadHalf('late.bin');
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(program.output()).toMatch(/Shut down in order\n$/);
    expect(program.output()).not.toContain('rror');
    await expectNothingOf('late.bin');
  }, 30_000);
});
