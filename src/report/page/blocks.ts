/** What reports say, as elements: the same blocks as in a terminal. */
import type { Block, Table } from '../document.ts';
import { h } from './dom.ts';

/** `level` is that of headings. */
export function elementsOf(blocks: readonly Block[], level: 3 | 4): HTMLElement[] {
  return blocks.flatMap((block) => elementOf(block, level) ?? []);
}

function elementOf(block: Block, level: 3 | 4): HTMLElement | undefined {
  switch (block.kind) {
    case 'title':
      return undefined; // the page has its own
    case 'heading':
      return h(`h${level}`, block.tone ? { class: 'tone', 'data-tone': block.tone } : {}, block.tone && h('span', { class: 'badge' }, block.tone), block.text); // biome-ignore format: one line
    case 'text':
      return h('p', {}, block.text);
    case 'code':
      return block.lines.length === 0 ? undefined : h('pre', { tabindex: 0 }, h('code', {}, block.lines.join('\n')));
    case 'formulas':
      return block.lines.length === 0 ? undefined : h('pre', { class: 'formula', tabindex: 0 }, h('code', {}, block.lines.join('\n'))); // biome-ignore format: one line
    case 'facts':
      return block.rows.length === 0 ? undefined : factsOf(block.rows);
    case 'list':
      return block.items.length === 0 ? undefined : h('ul', {}, ...block.items.map((item) => h('li', {}, item)));
    case 'table':
      return block.rows.length === 0 ? undefined : tableOf(block);
  }
}

export function factsOf(rows: readonly (readonly [name: string, text: string])[]): HTMLElement {
  return h('dl', {}, ...rows.flatMap(([name, text]) => [h('dt', {}, name), h('dd', {}, text)]));
}

/** Scrolls by itself where it is wide or long; `label` says what it is. */
export function tableOf(
  { head, rows, align, rest }: Table,
  label = head.filter((cell) => cell !== '').join(', '),
): HTMLElement {
  const side = (i: number) => (align[i] === 'r' ? { class: 'number' } : {});
  const header = h('tr', {}, ...head.map((cell, i) => h('th', { scope: 'col', ...side(i) }, cell)));
  const body = rows.map((row) => h('tr', {}, ...row.map((cell, i) => h('td', side(i), cell))));
  const table = h('table', {}, h('thead', {}, header), h('tbody', {}, ...body));
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label }, table, rest ? h('p', {}, rest) : null); // biome-ignore format: one line
}
