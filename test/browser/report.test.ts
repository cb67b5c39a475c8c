/** The report's page in Chromium: the numbers that `explain --json` gives, no request to anybody, keyboard, screen reader, both themes. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeFile } from '../../src/cli/files.ts';
import { requant } from '../../src/cli/program.ts';
import { type Explanation, explain, Interpreter } from '../../src/index.ts';
import { readNpz, writeNpz } from '../../src/io/npz.ts';
import { jsonOf } from '../../src/report/json.ts';
import { IN_CHROMIUM, isThere, launch } from './chromium.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const modelOf = (name: string) => join(root, 'models', name, 'model.tflite');
const goldenOf = (name: string) => join(root, 'models', name, 'golden.npz');

describe.skipIf(!isThere)(IN_CHROMIUM, () => {
  const folder = mkdtempSync(join(tmpdir(), 'requant-report-'));
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  async function report(name: string, ...args: string[]): Promise<string> {
    const path = join(folder, name);
    const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await requant(['report', ...args, '-o', path]);
    print.mockRestore();
    expect(process.exitCode).toBe(undefined);
    return path;
  }

  /** Uses the page, which may complain of nothing, and may ask for nothing but itself. */
  async function open(
    path: string,
    use: (page: Page) => Promise<void>,
    options: Parameters<Browser['newPage']>[0] = {},
  ) {
    const page = await browser.newPage(options);
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => requests.push(request.url()));
    try {
      await page.goto(String(pathToFileURL(path)));
      await use(page);
      expect(complaints).toEqual([]);
      expect(requests).toEqual([String(pathToFileURL(path))]);
    } finally {
      await page.close();
    }
  }

  const openNode = async (page: Page, node: number) => {
    await page.evaluate(`location.hash = '#node-${node}'`);
    await page.locator('#view h2', { hasText: new RegExp(`^node ${node} `) }).waitFor();
  };

  /** Every cell of every table of the view, and its other texts. */
  const textsOf = async (page: Page) =>
    (await page.evaluate(
      `[...document.querySelectorAll('#view td, #view th, #view dd, #view code')].map((element) => element.textContent)`,
    )) as string[];

  async function checkNumbers(page: Page, { nodes }: Explanation) {
    let numbers = 0;
    for (const node of nodes) {
      await openNode(page, node.node);
      const texts = new Set(await textsOf(page));
      const shown = node.rescalings.flatMap(({ steps, multipliers }) =>
        multipliers.flatMap(({ real, multiplier, shift, hex }) => {
          // Where several follow from a table, or from a step of their own, the multiplier has a cell to itself.
          const isAlone = multipliers.length > 1 || steps.some(({ name }) => name === 'multiplier');
          const whole =
            multiplier === null ? [hex] : [isAlone ? String(multiplier) : `${multiplier} = ${hex}`, String(shift)];
          return [real < 1e-3 ? real.toExponential() : String(real), ...whole];
        }),
      );
      const scales = [...node.inputs, ...node.outputs].flatMap(({ role, quantization }) =>
        quantization && (quantization.scales.length === 1 || role === 'filter') ? quantization.scales : [],
      );
      for (const text of [...shown, ...scales.map((scale) => (scale < 1e-3 ? scale.toExponential() : String(scale)))]) {
        expect([node.node, text, texts.has(text)]).toEqual([node.node, text, true]);
        numbers++;
      }
      expect([...texts]).toContain(node.formulas.join('\n'));
      const json = (await page.evaluate(`document.querySelector('#view .json').textContent`)) as string;
      expect(JSON.parse(json)).toEqual(JSON.parse(jsonOf(node)));
    }
    return numbers;
  }

  test.each(['cnn56_int8', 'digits_dense', 'mobilenet_v1_025_32_uint8'])(
    '%s: the numbers of explain --json',
    async (name) => {
      const path = await report(`${name}.html`, modelOf(name), '--input', goldenOf(name));
      await open(path, async (page) => {
        expect(await checkNumbers(page, explain(readFileSync(modelOf(name))))).toBeGreaterThanOrEqual(10);
      });
    },
  );

  test('a model that is dropped: it runs here, on random numbers and on a file, in any profile', async () => {
    const name = 'digits_conv_int8';
    const golden = readNpz(readFileSync(goldenOf(name)), 'golden');
    const answer = async (page: Page) =>
      (await page.evaluate(`[...document.querySelectorAll('[aria-label^="output "] tbody tr')].map((row) => Number(row.cells[1].textContent))`)) as number[]; // biome-ignore format: one line
    await open(await report('empty.html'), async (page) => {
      expect(await page.isVisible('#empty')).toBe(true);
      await page.setInputFiles('#file', modelOf(name));
      await page.waitForSelector('body[data-state=report]');
      const random = await answer(page);
      await page.setInputFiles('#file', goldenOf(name));
      await page.locator('#view dd', { hasText: 'golden.npz' }).waitFor();
      const scores = Array.from(golden.get('output_0')!.data.slice(0, 10) as Int8Array);
      expect(await answer(page)).toEqual(scores);
      expect(random).not.toEqual(scores);
      await page.selectOption('#profile', 'single-rounding');
      await page.locator('#view dd', { hasText: 'single-rounding' }).waitFor();
      const interpreter = new Interpreter(readFileSync(modelOf(name)), { profile: 'single-rounding' });
      const input = golden.get('input_0')!.data as Int8Array;
      expect(await answer(page)).toEqual([...(interpreter.invoke(input.slice(0, 784))[0]!.data as Int8Array)]);
      expect(await checkNumbers(page, explain(interpreter))).toBeGreaterThan(10);
    });
  });

  test('by a drop, as a mouse makes it; a file that is no model says what is wrong', async () => {
    await open(await report('drop.html'), async (page) => {
      const drop = async (name: string, bytes: Uint8Array) => {
        await page.evaluate(`(() => {
          const data = new DataTransfer();
          data.items.add(new File([Uint8Array.from(${JSON.stringify([...bytes])})], '${name}'));
          document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
        })()`);
      };
      await drop('broken.tflite', Uint8Array.of(1, 2, 3, 4));
      await page.waitForSelector('#status[data-tone=error]');
      expect(await page.textContent('#status')).toMatch(/4 bytes|TFL3|short/);
      await drop('digits.tflite', readFileSync(modelOf('digits_dense')));
      await page.waitForSelector('body[data-state=report]');
      expect(await page.textContent('#view h2')).toBe('digits.tflite');
    });
  });

  test('differences are painted on the graph', async () => {
    const name = 'cnn56_int8';
    const input = readNpz(readFileSync(goldenOf(name)), 'golden').get('input_0')!.data as Int8Array;
    const arrays = new Map();
    const interpreter = new Interpreter(readFileSync(modelOf(name)));
    interpreter.invoke(input.slice(0, 56 * 56), {
      tap: ({ index, shape, data }, { index: node }) => {
        const values = Int8Array.from(data as Int8Array, (value) => (node === 2 ? Math.max(value, -127) : value));
        arrays.set(`tensor_${index}`, { dtype: 'int8', shape, data: values });
      },
    });
    writeFile(join(folder, 'theirs.npz'), writeNpz(arrays));
    const path = await report(
      'diff.html',
      modelOf(name),
      '--input',
      goldenOf(name),
      '--against',
      join(folder, 'theirs.npz'),
    );
    await open(path, async (page) => {
      expect(await page.getAttribute('#graph', 'data-colour')).toBe('differences');
      expect(await page.locator('#graph .guilty').getAttribute('data-node')).toBe('2');
      expect(await page.locator('#graph .painted').count()).toBeGreaterThan(0);
      expect(await page.textContent('#graph [data-node="0"] .detail')).toBe('0 of 87,480 differ');
      expect(await page.textContent('#view')).toContain('clamped to -127');
    });
  });

  test('keyboard and screen reader', async () => {
    const path = await report('keys.html', modelOf('cnn56_int8'), '--input', goldenOf('cnn56_int8'));
    await open(path, async (page) => {
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the report');
      await page.focus('#graph [data-node="0"]');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.locator('#title:focus', { hasText: 'node 2' }).waitFor();
      expect(await page.getAttribute('#graph [data-node="2"]', 'aria-current')).toBe('true');
      const nameless =
        await page.evaluate(`[...document.querySelectorAll('a, button, select, input, svg[role], [role=region]')]
        .filter((element) => !(element.textContent.trim() || element.getAttribute('aria-label') || element.labels?.length)).length`);
      expect(nameless).toBe(0);
      const headings = (await page.evaluate(`[...document.querySelectorAll('h1, h2, h3, h4')].filter((h) => h.offsetParent).map((h) => Number(h.tagName[1]))`)) as number[]; // biome-ignore format: one line
      expect(headings.filter((level, i) => i > 0 && level > headings[i - 1]! + 1)).toEqual([]);
      const tree = await page.locator('body').ariaSnapshot();
      expect(tree).toContain('link "node 2, CONV_2D: int8 [1,25,25,16]. int8 [1,25,25,16]"');
      expect(tree).toMatch(/img "filter .*: 4,320 values from -127 to 127\."/);
    });
  });

  /** WCAG's contrast of two colours, as rgb(r, g, b). */
  const CONTRAST = `(() => {
    const luminance = (css) => {
      const [r, g, b] = css.match(/[\\d.]+/g).map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = luminance(getComputedStyle(document.getElementById('view')).backgroundColor);
    return ['#view dd', '#view dt', '#view a', '#view .badge', '#view figcaption'].map((selector) => {
      const text = luminance(getComputedStyle(document.querySelector(selector)).color);
      return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    });
  })()`;

  test('dark and light: as the system says, or as the button does; text can be read in both', async () => {
    const path = await report('themes.html', modelOf('cnn56_int8'));
    const ground = (page: Page) => page.evaluate(`getComputedStyle(document.getElementById('view')).backgroundColor`);
    for (const colorScheme of ['light', 'dark'] as const) {
      await open(
        path,
        async (page) => {
          const before = await ground(page);
          for (const contrast of (await page.evaluate(CONTRAST)) as number[]) expect(contrast).toBeGreaterThan(4.5);
          await page.click('#theme');
          expect(await ground(page)).not.toBe(before);
          for (const contrast of (await page.evaluate(CONTRAST)) as number[]) expect(contrast).toBeGreaterThan(4.5);
        },
        { colorScheme },
      );
    }
  });
});
