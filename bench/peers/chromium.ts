/** Contestants in one page of Chromium, which playwright-core drives and a server on 127.0.0.1 feeds; nothing else is reached. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { delimiter, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contestant } from './contestant.ts';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const peers = join(project, 'bench/peers');

/** Runs only what has been converted. */
export const ONNX = 'onnxruntime-web';

/** What the page calls them: see page.ts. */
const NAMES = ['requant simd', 'requant reference', 'tfjs-tflite', 'LiteRT.js', ONNX];

/** As far as it is used here: playwright-core is there only where the peers are installed. */
interface Playwright {
  readonly chromium: { launch(options: object): Promise<PlaywrightBrowser> };
}
interface PlaywrightBrowser {
  version(): string;
  newContext(): Promise<{ newPage(): Promise<Page>; close(): Promise<void> }>;
  close(): Promise<void>;
}
interface Page {
  goto(url: string, options: object): Promise<unknown>;
  evaluate<T>(script: string): Promise<T>;
  context(): { close(): Promise<void> };
}

export interface Chromium {
  readonly version: string;
  readonly contestants: readonly Contestant[];
  /** A new page for a model, and for the same model as ONNX, if it is there; the contestants run in it from then on. */
  open(model: string, onnx?: string): Promise<void>;
  close(): Promise<void>;
}

/** Throws with what is missing, and how to get it. */
export async function launchChromium(): Promise<Chromium> {
  const program = findProgram();
  if (!program) throw new Error('there is no Chromium: set CHROMIUM, or install one (apt-get install chromium)');
  if (!existsSync(join(peers, 'node_modules'))) {
    throw new Error('the peers are not installed: npm ci --prefix bench/peers');
  }
  const { chromium } = createRequire(join(peers, 'package.json'))('playwright-core') as Playwright;
  const browser = await chromium.launch({
    executablePath: program,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  const files = { model: '', onnx: '' };
  const server = createServer(({ url = '/' }, response) => {
    const path = new URL(url, 'http://127.0.0.1').pathname;
    const file = path === '/model' ? files.model : path === '/onnx' ? files.onnx : fileOf(path);
    if (!file || !existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, {
      'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
      // eval is for the peers' bindings.
      'Content-Security-Policy': "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:",
    });
    response.end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let page: Page | undefined;
  const call = <T>(name: string, ...args: unknown[]) => {
    return page!.evaluate<T>(`${name}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`);
  };
  return {
    version: browser.version(),
    contestants: NAMES.map((name) => ({
      name,
      place: 'page',
      start: async ({ inputs }) => ({ outputs: await call<string[]>('start', name, inputs) }),
      time: (count) => call('time', name, count),
      stop: async () => {},
    })),
    async open(model, onnx = '') {
      await page?.context().close();
      Object.assign(files, { model, onnx });
      page = await (await browser.newContext()).newPage();
      await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: 'networkidle' });
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}

const TYPES: { readonly [extension: string]: string } = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

function fileOf(path: string): string | undefined {
  if (path === '/') return join(peers, 'page.html');
  if (path.startsWith('/dist/') || path.startsWith('/node_modules/')) return join(project, path);
  return path.startsWith('/peers/') ? join(peers, 'node_modules', path.slice('/peers/'.length)) : undefined;
}

function findProgram(): string | undefined {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return ['chromium', 'chromium-browser', 'google-chrome']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** Of the peers that are installed, by package name. */
export function peerVersions(): { [name: string]: string } {
  const names = ['@tensorflow/tfjs-tflite', '@litertjs/core', 'onnxruntime-web'];
  return Object.fromEntries(
    names.map((name) => [
      name,
      JSON.parse(readFileSync(join(peers, 'node_modules', name, 'package.json'), 'utf8')).version as string,
    ]),
  );
}
