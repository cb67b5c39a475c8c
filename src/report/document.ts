/** Text in blocks, and how the blocks look in a terminal, in Markdown and in LaTeX. */
import { colors } from './terminal.ts';
import { texText } from './tex.ts';

export type Block =
  | { readonly kind: 'title'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string; readonly tone?: Tone | 'good' }
  | { readonly kind: 'heading'; readonly text: string; readonly tone?: Tone }
  /** Of an operator; `tex` gives the lines as LaTeX. */
  | { readonly kind: 'formulas'; readonly lines: readonly string[]; readonly tex: () => readonly string[] }
  /** Lines to paste, and pictures made of characters. */
  | { readonly kind: 'code'; readonly lines: readonly string[] }
  /** What is said of something, by name. */
  | { readonly kind: 'facts'; readonly rows: readonly (readonly [name: string, text: string])[] }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | Table;

/** What a heading or a text warns of. */
export type Tone = 'error' | 'warning' | 'note';

export interface Table {
  readonly kind: 'table';
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** A letter for each column: l or r, as in LaTeX. */
  readonly align: string;
  /** What stands where rows were left out. */
  readonly rest?: string | undefined;
}

/** A column: its head, its alignment, and its cell in a row. */
export type Column<Row> = readonly [head: string, align: 'l' | 'r', cell: (row: Row, i: number) => string];

export function tableFrom<Row>(rows: readonly Row[], columns: readonly Column<Row>[], rest?: string): Table {
  return {
    kind: 'table',
    head: columns.map(([head]) => head),
    align: columns.map(([, align]) => align).join(''),
    rows: rows.map((row, i) => columns.map(([, , cell]) => cell(row, i))),
    rest,
  };
}

export const FORMATS = ['text', 'md', 'tex'] as const;
export type Format = (typeof FORMATS)[number];

export function render(blocks: readonly Block[], format: Format): string {
  const shown = blocks.filter((block) => !isEmpty(block));
  switch (format) {
    case 'text':
      return shown.map(terminalBlock).join('\n\n');
    case 'md':
      return shown.map(markdownBlock).join('\n\n');
    case 'tex':
      return [PREAMBLE, ...shown.map(texBlock), '\\end{document}'].join('\n\n');
  }
}

function isEmpty(block: Block): boolean {
  switch (block.kind) {
    case 'formulas':
    case 'code':
      return block.lines.length === 0;
    case 'list':
      return block.items.length === 0;
    case 'facts':
    case 'table':
      return block.rows.length === 0;
    default:
      return false;
  }
}

function headingText({ text, tone }: Block & { readonly kind: 'heading' }): string {
  return tone ? `${tone}: ${text}` : text;
}

// ---- terminal

const TONES = { error: colors.red, warning: colors.yellow, note: colors.cyan, good: colors.green };

function terminalBlock(block: Block): string {
  switch (block.kind) {
    case 'title':
      return colors.bold(block.text);
    case 'heading':
      return block.tone ? `${TONES[block.tone](block.tone)}: ${block.text}` : colors.bold(block.text);
    case 'text':
      return block.tone ? TONES[block.tone](block.text) : block.text;
    case 'formulas':
      return block.lines.map((line) => `  ${colors.cyan(line)}`).join('\n');
    case 'code':
      return block.lines.map((line) => `  ${line}`.trimEnd()).join('\n');
    case 'facts': {
      const width = Math.max(...block.rows.map(([name]) => name.length));
      return block.rows.map(([name, text]) => `  ${colors.dim(name.padEnd(width))}  ${text}`).join('\n');
    }
    case 'list':
      return block.items.map((item) => `  - ${item}`).join('\n');
    case 'table':
      return terminalTable(block);
  }
}

function terminalTable({ head, rows, align, rest }: Table): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, i) => (align[i] === 'r' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('  ')}`.trimEnd();
  return [colors.dim(line(head)), ...rows.map(line), ...(rest ? [`  ${colors.dim(rest)}`] : [])].join('\n');
}

// ---- Markdown

function markdownBlock(block: Block): string {
  switch (block.kind) {
    case 'title':
      return `# ${escapeMarkdown(block.text)}`;
    case 'heading':
      return `## ${escapeMarkdown(headingText(block))}`;
    case 'text':
      return escapeMarkdown(block.text);
    case 'formulas':
    case 'code':
      return ['```', ...block.lines, '```'].join('\n');
    case 'facts':
      return block.rows.map(([name, text]) => `- **${escapeMarkdown(name)}**: ${escapeMarkdown(text)}`).join('\n');
    case 'list':
      return block.items.map((item) => `- ${escapeMarkdown(item)}`).join('\n');
    case 'table':
      return markdownTable(block);
  }
}

function markdownTable({ head, rows, align, rest }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const escaped = (cells: readonly string[]) => line(cells.map(escapeMarkdown));
  const rule = line([...align].map((letter) => (letter === 'r' ? '---:' : '---')));
  return [escaped(head), rule, ...rows.map(escaped), ...(rest ? ['', escapeMarkdown(rest)] : [])].join('\n');
}

/** What Markdown would read as markup. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>|#~]/g, '\\$&');
}

// ---- LaTeX

const PREAMBLE = String.raw`\documentclass[10pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage[a4paper,landscape,margin=15mm]{geometry}
\usepackage{amsmath}
\usepackage{longtable}
\setlength{\parindent}{0pt}
\begin{document}`;

function texBlock(block: Block): string {
  switch (block.kind) {
    case 'title':
      return `\\section*{${texText(block.text)}}`;
    case 'heading':
      return `\\subsection*{${texText(headingText(block))}}`;
    case 'text':
      return texText(block.text);
    case 'formulas':
      return block
        .tex()
        .map((line) => `$${line}$`)
        .join('\n\n');
    case 'code':
      return ['\\begin{verbatim}', ...block.lines, '\\end{verbatim}'].join('\n');
    case 'facts':
      return texList(block.rows.map(([name, text]) => `\\textbf{${texText(name)}}: ${texText(text)}`));
    case 'list':
      return texList(block.items.map(texText));
    case 'table':
      return texTable(block);
  }
}

function texList(items: readonly string[]): string {
  return ['\\begin{itemize}', ...items.map((item) => `\\item ${item}`), '\\end{itemize}'].join('\n');
}

function texTable({ head, rows, align, rest }: Table): string {
  const line = (cells: readonly string[]) => `${cells.map(texText).join(' & ')} \\\\`;
  return [
    `{\\footnotesize\\begin{longtable}{${align}}`,
    line(head),
    '\\hline',
    ...rows.map(line),
    '\\end{longtable}}',
    ...(rest ? ['', texText(rest)] : []),
  ].join('\n');
}
