/** What programs write before the values of a layer: `[00:01:02] layer 3 (CONV_2D):`. */

/** Words that count what a model has, by how requant calls it. */
const KINDS: { readonly [word: string]: string } = {
  tensor: 'tensor',
  node: 'node',
  layer: 'node',
  operator: 'node',
  op: 'node',
  output: 'output',
  out: 'output',
  input: 'input',
};

const KIND = /(?:^|[^a-z])(tensor|node|layer|operator|op|output|out|input)s?[\s#_:.-]*[[(]?0*(\d{1,6})(?!\d)/gi;

/** Values that belong to a layer and are not its output. */
const OTHER =
  /(?:^|[^a-z])(input|weight|filter|kernel|bias|scale|zero[ _]?point|multiplier|shift|time)s?(?![a-z0-9_/])/i;

/** A label that counts with the number behind it: `layer 3 12 -5`. */
export function endsInKind(label: string): boolean {
  return /(?:^|[^a-z])(?:tensor|node|layer|operator|op|output|out|input)s?[\s#_.-]*$/i.test(label);
}

/** What stands before the words that count, without digits and punctuation: the same on the lines that follow. */
export function withoutCount(label: string): string {
  const start = label.search(KIND);
  return labelText((start < 0 ? label : label.slice(0, start + 1)).replace(/\d+/g, ''));
}

/** 'node_3' of a label that counts layers, tensors, inputs or outputs; undefined where it does not, or is of something else. */
export function countedKey(label: string): string | undefined {
  const found = [...label.matchAll(KIND)].map(([, word, number]) => [KINDS[word!.toLowerCase()]!, number!] as const);
  const [kind, number] = found.find(([kind]) => kind === 'tensor' || kind === 'node') ?? found[0] ?? [];
  if (kind === undefined || ((kind === 'node' || kind === 'tensor') && OTHER.test(label))) return undefined;
  return `${kind}_${number}`;
}

/** Times and levels that loggers put in front of a line. */
const PREFIXES = [
  /^\s*\[?\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}:\d{2}(?:[.,:]\d+)?(?:Z|[+-]\d{2}:?\d{2})?\]?\s*(?:->|:|-(?=\s))?\s*/,
  /^\s*\[?\d{1,2}:\d{2}(?::\d{2})?(?:[.,:]\d+)*\]?\s*(?:->|-(?=\s))?\s*/,
  /^\s*\[\s*\d+\.\d{3,}\]\s+(?=\S)/,
  /^\s*[EWIDV] \(\d+\)\s*/,
  /^\s*[[<](?:err|error|wrn|warn|warning|inf|info|dbg|debug|trace)[\]>]\s*/i,
];

/** How many characters a logger's prefix takes. */
export function prefixLength(line: string): number {
  let length = 0;
  for (const prefix of PREFIXES) length += prefix.exec(line.slice(length))?.[0].length ?? 0;
  return length;
}

/** The label alone: without punctuation around it. */
export function labelText(text: string): string {
  return text.replace(/^[\s:=>|,;\-[({]+|[\s:=>|,;\-[({]+$/g, '');
}
