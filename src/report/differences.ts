/** Where a tensor's values differ, in words. */
import type { AxisDifferences, Differences, DifferentValue, Span } from '../diff/differences.ts';
import type { Block } from './document.ts';
import { clean, counted, plural, shapeText } from './text.ts';

/** What is known of a node whose values differ when no mistake is. */
export function differencesBlocks(differences: Differences): Block[] {
  const { elsewhere } = differences;
  return [
    { kind: 'facts', rows: whereRows(differences) },
    {
      kind: 'list',
      items: elsewhere.map(({ title, informative, weak }) => {
        const proof = weak ? ` (weak evidence: ${plural(informative, 'informative value')})` : '';
        return `The candidate’s values are ${clean(title)}${proof}.`;
      }),
    },
  ];
}

function whereRows(differences: Differences): [string, string][] {
  const { shape, different, axes, border, period, first, last } = differences;
  return [
    ['shape', shapeText(shape)],
    ['max. abs. difference', magnitudeText(differences)],
    ...(axes.length > 0 ? [['differ in', axes.map(axisText).join('; ')] as [string, string]] : []),
    ...(border !== null ? [['border', borderText(border)] as [string, string]] : []),
    ...(period ? [['period', periodText(period)] as [string, string]] : []),
    ['first', valueText(first)],
    ...(different > 1 ? [['last', valueText(last)] as [string, string]] : []),
  ];
}

/** Of real numbers, no more digits than say something. */
const shortText = (value: number) => String(Number(value.toPrecision(6)));

function magnitudeText({ maxDifference, meanDifference, greater, different, notNumbers }: Differences): string {
  const numbers = different - notNumbers;
  const nan = notNumbers > 0 ? [`${plural(notNumbers, 'value')} not a number`] : [];
  const signs = greater === numbers ? 'all greater' : greater === 0 ? 'all less' : `${counted(greater)} greater`;
  return numbers === 0
    ? nan.join()
    : [`${shortText(maxDifference)}, mean ${shortText(meanDifference)}`, signs, ...nan].join('; ');
}

const SPANS = 8;

function axisText({ name, size, indices, count, remainderOf }: AxisDifferences): string {
  if (count === size) return `all ${plural(size, name)}`;
  const behind = remainderOf.length > 0 ? `, behind the last whole ${remainderOf.join(' or ')}` : '';
  return `${name} ${spansText(indices)} of ${counted(size)}${behind}`;
}

/** 0, 2, 4, 6 as `0 to 6 by 2`. */
function spansText(spans: readonly Span[]): string {
  const step = spans.length > 2 ? spans[1]![0] - spans[0]![0] : 0;
  const isProgression = step > 1 && spans.every(([from, to], i) => from === to && from === spans[0]![0] + i * step);
  if (isProgression) return `${spans[0]![0]} to ${spans.at(-1)![0]} by ${step}`;
  const texts = spans.slice(0, SPANS).map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`));
  return `${texts.join(', ')}${spans.length > SPANS ? `, … (${plural(spans.length - SPANS, 'more range')})` : ''}`;
}

function borderText(border: number): string {
  return border === 1 ? 'only in the outermost rows and columns' : `only in the ${border} outermost rows and columns`;
}

function periodText({ period, residues }: NonNullable<Differences['period']>): string {
  const of = residues.length === 1 ? `${residues[0]}` : `one of ${residues.join(', ')}`;
  return `flat position mod ${period} is ${of}`;
}

function valueText({ position, index, candidate, reference }: DifferentValue): string {
  return `[${index}], flat ${counted(position)}: candidate ${shortText(candidate)}, reference ${shortText(reference)}`;
}
