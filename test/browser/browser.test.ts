/** The package in Chromium, bundled as an application bundles it, on a page that a Content Security Policy keeps. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readNpz } from '../../src/io/npz.ts';
import { IN_CHROMIUM, isThere, launch } from './chromium.ts';
import type { Answers } from './page.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const TYPES: { readonly [extension: string]: string } = { '.html': 'text/html', '.js': 'text/javascript' };

/** Serves a folder under a policy. */
async function serve(folder: string, policy: string): Promise<{ server: Server; url: string }> {
  const server = createServer(({ url }, response) => {
    const path = join(folder, url === '/' ? 'index.html' : url!);
    if (!existsSync(path)) {
      response.writeHead(404).end();
      return;
    }
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(readFileSync(path));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

describe.skipIf(!isThere)(IN_CHROMIUM, () => {
  const folder = mkdtempSync(join(tmpdir(), 'requant-browser-'));
  const model = join(root, 'models/digits_conv_int8');
  const golden = readNpz(readFileSync(join(model, 'golden.npz')), 'golden');
  const scores = golden.get('output_0')!.data as Int8Array;
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules/requant'), 'dir');
    mkdirSync(join(folder, 'public'));
    writeFileSync(join(folder, 'public/model.tflite'), readFileSync(join(model, 'model.tflite')));
    writeFileSync(join(folder, 'public/images.bin'), golden.get('input_0')!.data as Int8Array);
    writeFileSync(join(folder, 'index.html'), '<!doctype html><script type="module" src="./page.ts"></script>');
    writeFileSync(join(folder, 'page.ts'), readFileSync(join(root, 'test/browser/page.ts')));
    await build({ root: folder, configFile: false, logLevel: 'error' });
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens the page under a policy for scripts; what it answers, and what it complains of. */
  async function open(scripts: string, use: (page: Page) => Promise<unknown> = async () => {}) {
    const policy = `default-src 'none'; connect-src 'self'; script-src ${scripts}`;
    const { server, url } = await serve(join(folder, 'dist'), policy);
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) complaints.push(`a request of ${request.url()}`);
    });
    try {
      await use(page);
      await page.goto(url);
      const answers = (await page.evaluate('globalThis.answers')) as Answers;
      return { answers, complaints };
    } finally {
      await page.close();
      server.close();
    }
  }

  test("WebAssembly allowed: the simd kernels give TFLite's bits, in the page and in threads", async () => {
    const { answers, complaints } = await open("'self' 'wasm-unsafe-eval'");
    expect(answers.kernels).toEqual({ page: 'simd', threads: 'simd' });
    expect(answers.page).toEqual(Array.from(scores));
    expect(answers.threads).toEqual(Array.from(scores));
    expect(complaints).toEqual([]);
  });

  test('WebAssembly forbidden: the reference kernels do, and say so', async () => {
    const { answers } = await open("'self'");
    expect(answers.kernels).toEqual({ page: 'reference', threads: 'reference' });
    expect(answers.page).toEqual(Array.from(scores));
    expect(answers.threads).toEqual(Array.from(scores));
  });

  test('errors keep their class; inputs are given up; the pool is closed', async () => {
    const { answers } = await open("'self' 'wasm-unsafe-eval'");
    expect(answers.errors).toMatchObject({
      wrongInput: { name: 'InputError', code: 'INPUT', tensor: 0 },
      givenUp: { name: 'AbortError' },
      closed: { name: 'ThreadError', code: 'THREAD', message: 'the pool was closed' },
    });
    expect(answers.progress).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(answers.left).toBe(0);
  });

  test.each<[string, string, (page: Page) => Promise<unknown>]>([
    [
      'a script that is not served',
      "'self' 'wasm-unsafe-eval'",
      (page) => page.route('**/*worker*', (route) => route.fulfill({ status: 404 })),
    ],
    ['threads that the policy forbids', "'self' 'wasm-unsafe-eval'; worker-src 'none'", async () => {}],
  ])('%s: a ThreadError, and the page goes on', async (_, scripts, use) => {
    const { answers } = await open(scripts, use);
    expect(answers.page).toEqual(Array.from(scores));
    expect(answers.errors).toMatchObject({
      threads: { name: 'ThreadError', message: expect.stringMatching(/^a thread /) },
    });
  });
});
