/**
 * The page of a report. It shows the report that stands in it; without one, or with a model dropped on it, it makes one, here, by the
 * same engine. It asks nobody for anything.
 */
import { InputError, RequantError } from '../../../kernels/errors.ts';
import { PROFILES, type Profile } from '../../../kernels/kernel.ts';
import { type NpyArray, readNpy, readNpz } from '../../io/npz.ts';
import { type GivenInput, madeUp } from '../../io/synthetic_inputs.ts';
import { asTensorData, shapeFor } from '../../io/tensor_arrays.ts';
import type { Interpreter } from '../../runtime/interpreter.ts';
import { jsonOf } from '../json.ts';
import { type ModelReport, modelReport } from '../model_report.ts';
import { counted } from '../text.ts';
import { h } from './dom.ts';
import { graphOf, type Painting } from './graph.ts';
import { differText, msText, type NodeFacts, nodeFacts, percentText } from './node_facts.ts';
import { nodeView } from './node_view.ts';
import { overview } from './overview.ts';

const byId = (id: string) => document.getElementById(id)!;

let report: ModelReport | null = null;
let facts: NodeFacts[] = [];
let dropped: { name: string; bytes: Uint8Array } | null = null;
let input: { name: string; arrays: ReadonlyMap<string, NpyArray> } | 'random' | 'zeros' = 'random';
let profile: Profile = 'tflite';

// ---- what the graph shows

interface Colour {
  readonly title: string;
  readonly isThere: (report: ModelReport) => boolean;
  readonly of: (node: NodeFacts) => { readonly value: number | undefined; readonly text: string };
}

const COLOURS: { readonly [name: string]: Colour } = {
  differences: {
    title: 'values that differ',
    isThere: ({ diff }) => diff !== null,
    of: ({ diff }) => ({ value: diff && diff.values > 0 ? diff.different / diff.values : undefined, text: differText(diff) }), // biome-ignore format: one line
  },
  shapes: { title: 'shapes', isThere: () => true, of: ({ summary }) => ({ value: undefined, text: summary }) },
  macs: {
    title: 'multiply-adds',
    isThere: ({ explanation }) => explanation !== null,
    of: ({ macs }) => ({ value: macs, text: macs > 0 ? `${counted(macs)} multiply-adds` : '' }),
  },
  time: { title: 'time', isThere: ({ run }) => run !== null, of: ({ ms }) => ({ value: ms, text: msText(ms) }) },
  saturation: {
    title: 'saturation',
    isThere: ({ run }) => run !== null,
    of: ({ saturated }) => ({ value: saturated, text: saturated === undefined ? '' : `${percentText(saturated)} saturated` }), // biome-ignore format: one line
  },
};

function showGraph(): void {
  const select = byId('colour') as HTMLSelectElement;
  const colour = COLOURS[select.value]!;
  const values = facts.map((node) => colour.of(node).value ?? 0);
  const most = select.value === 'differences' || select.value === 'saturation' ? 1 : Math.max(...values, 0);
  const paint = (node: NodeFacts): Painting => {
    const { value, text } = colour.of(node);
    return { share: value === undefined || most === 0 || value === 0 ? undefined : value / most, text };
  };
  const graph = graphOf(report!, facts, paint);
  byId('graph').dataset.colour = select.value;
  byId('graph').replaceChildren(graph ?? h('p', {}, 'Too many nodes to draw: the overview lists them.'));
  markSelected();
  if (selected() === null)
    graph?.querySelector('.edge-tensor, .node')?.scrollIntoView({ block: 'nearest', inline: 'center' });
}

// ---- what stands beside it

function selected(): number | null {
  const index = /^#node-(\d+)$/.exec(location.hash)?.[1];
  return index !== undefined && facts[Number(index)] ? Number(index) : null;
}

function showSelected(): void {
  if (!report) return;
  const index = selected();
  const elements = index === null ? overview(report, facts) : nodeView(report, facts[index]!, facts.length);
  byId('view').replaceChildren(...elements);
  document.title = `${index === null ? '' : `node ${index} ${facts[index]!.op}, `}${report.name} – requant`;
  markSelected();
}

function markSelected(): void {
  const index = selected();
  for (const link of document.querySelectorAll<SVGAElement>('#graph a.node')) {
    const isSelected = link.dataset.node === String(index);
    if (isSelected) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
    if (isSelected) link.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }
}

function show(): void {
  facts = nodeFacts(report!);
  const select = byId('colour') as HTMLSelectElement;
  const there = Object.entries(COLOURS).filter(([, { isThere }]) => isThere(report!));
  select.replaceChildren(...there.map(([name, { title }]) => h('option', { value: name }, title)));
  document.body.dataset.state = 'report';
  showGraph();
  showSelected();
}

// ---- a dropped model

/** Long work comes behind a frame, so that the page can say that it goes on. */
function work(what: string, action: () => void): void {
  say(`${what} …`);
  requestAnimationFrame(() =>
    setTimeout(() => {
      try {
        action();
        say('');
      } catch (error) {
        say(error instanceof RequantError ? error.message : `This is a bug in requant: ${error}`, 'error');
      }
    }),
  );
}

function say(text: string, tone = 'note'): void {
  byId('status').textContent = text;
  byId('status').dataset.tone = tone;
}

function run(): void {
  if (!dropped) return;
  const { name, bytes } = dropped;
  work(`running ${name}`, () => {
    // As it would be read from a file: typed arrays as lists.
    report = JSON.parse(jsonOf(modelReport(bytes, { name, profile, inputs: inputsOf }))) as ModelReport;
    byId('run-options').hidden = false;
    if (location.hash !== '') history.replaceState(null, '', '#');
    show();
    byId('title').focus();
  });
}

function inputsOf({ inputs }: Interpreter): GivenInput[] {
  if (typeof input === 'string') return inputs.map((tensor) => madeUp(tensor, input as 'random' | 'zeros'));
  const { name, arrays } = input;
  return inputs.map((tensor, i) => {
    const array = arrays.get(`input_${i}`) ?? arrays.get(tensor.name) ?? [...arrays.values()][i];
    if (!array) throw new InputError(`${name} has no values for ${tensor}`);
    const { data, shape } = first(array, tensor.size);
    shapeFor(tensor, shape, name);
    const isReal = data instanceof Float32Array || data instanceof Float64Array;
    if (isReal && tensor.quantization && tensor.dtype !== 'float32') return { data: tensor.quantize(data), source: `${name}, real values quantized` }; // biome-ignore format: one line
    return { data: asTensorData(data, tensor, name), source: name };
  });
}

/** Of several examples the first. */
function first({ data, shape }: NpyArray, size: number): Pick<NpyArray, 'data' | 'shape'> {
  return data.length > size && data.length % size === 0 ? { data: data.subarray(0, size) as NpyArray['data'], shape: [size] } : { data, shape }; // biome-ignore format: one line
}

async function take(file: File): Promise<void> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (/\.np[yz]$/i.test(file.name)) {
    work(`reading ${file.name}`, () => {
      input = { name: file.name, arrays: /z$/i.test(file.name) ? readNpz(bytes, file.name) : new Map([['input_0', readNpy(bytes, file.name)]]) }; // biome-ignore format: one line
      (byId('input') as HTMLSelectElement).value = '';
      run();
    });
  } else {
    dropped = { name: file.name, bytes };
    run();
  }
}

// ---- listeners

function listen(): void {
  addEventListener('hashchange', () => {
    showSelected();
    byId('title').focus({ preventScroll: true });
    byId('view').scrollTop = 0;
  });
  byId('colour').addEventListener('change', showGraph);
  byId('graph').addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const at = (document.activeElement as SVGElement | null)?.dataset?.node;
    if (step === undefined || at === undefined) return;
    event.preventDefault();
    document.querySelector<SVGAElement>(`#graph a[data-node="${Number(at) + step}"]`)?.focus();
  });
  byId('file').addEventListener('change', ({ target }) => {
    for (const file of (target as HTMLInputElement).files ?? []) void take(file);
  });
  addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.add('dragging');
  });
  addEventListener('dragleave', () => document.body.classList.remove('dragging'));
  addEventListener('drop', (event) => {
    event.preventDefault();
    document.body.classList.remove('dragging');
    for (const file of event.dataTransfer?.files ?? []) void take(file);
  });
  byId('input').addEventListener('change', ({ target }) => {
    const { value } = target as HTMLSelectElement;
    if (value !== 'random' && value !== 'zeros') return;
    input = value;
    run();
  });
  byId('profile').replaceChildren(...PROFILES.map((name) => h('option', { value: name }, name)));
  byId('profile').addEventListener('change', ({ target }) => {
    profile = (target as HTMLSelectElement).value as Profile;
    run();
  });
  byId('theme').addEventListener('click', () => {
    const { dataset } = document.documentElement;
    const isDark =
      dataset.theme === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : dataset.theme === 'dark';
    dataset.theme = isDark ? 'light' : 'dark';
  });
}

listen();
const stored = byId('report').textContent;
if (stored && stored !== 'null') {
  report = JSON.parse(stored) as ModelReport;
  show();
}
