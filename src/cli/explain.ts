/** requant explain: what does each layer compute, with all its numbers? */
import { type Command, Option } from 'commander';
import type { Profile } from '../../kernels/kernel.ts';
import { explain } from '../explain/explain.ts';
import { type Format, render } from '../report/document.ts';
import { explainBlocks } from '../report/explain.ts';
import { about, readModel } from './files.ts';
import { LAYER_HELP, nodesOf } from './layers.ts';
import { jsonOption, print, printJson, profileOption } from './output.ts';

interface ExplainOptions {
  readonly layer?: string;
  readonly profile: Profile;
  readonly format: Format | 'json';
  readonly json?: boolean;
}

export function addExplain(program: Command): void {
  profileOption(jsonOption(program.command('explain')))
    .summary('what does each layer compute, with all its numbers')
    .description(
      "Shows each node's formula with the model's numbers in it: scales, zero points, offsets, multipliers and shifts and how " +
        'they follow from the scales step by step, clamp, padding, what the accumulator can become, cost.',
    )
    .argument('<model>', 'a .tflite file')
    .option('--layer <node>', LAYER_HELP)
    .addOption(
      new Option('--format <name>', 'how it is written').choices(['text', 'md', 'json', 'tex']).default('text'),
    )
    .action((path: string, { layer, profile, format, json }: ExplainOptions) => {
      const explanation = about(path, () => explain(readModel(path), { profile }));
      const nodes = layer === undefined ? explanation.nodes : nodesOf(explanation.nodes, layer);
      if (json || format === 'json') printJson({ path, ...explanation, nodes });
      else print(render(explainBlocks(path, explanation, nodes, { all: layer !== undefined }), format));
    });
}
