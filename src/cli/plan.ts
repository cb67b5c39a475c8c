/** requant plan: how much memory does a model take on a device, and which operators? */
import type { Command } from 'commander';
import { plan } from '../plan/plan.ts';
import { planBlocks } from '../report/plan.ts';
import { about, readModel } from './files.ts';
import { type FormatOptions, formatOptions, printReport } from './output.ts';

export function addPlan(program: Command): void {
  formatOptions(program.command('plan'))
    .summary('how much memory does it take: arena, lifetimes, weights, operators to register')
    .description(
      'Says what tensor arena TensorFlow Lite Micro takes on Cortex-M and x86-64, part by part. ' +
        'Plans the arena of the tensors that nodes write: its size, a picture of it over time, each tensor with its place and ' +
        'lifetime, the node at which most is alive. Tells what the file is made of, and which operators TensorFlow Lite Micro ' +
        'must be told of, as lines to paste.',
    )
    .argument('<model>', 'a .tflite file')
    .action((path: string, options: FormatOptions) => {
      const planned = about(path, () => plan(readModel(path)));
      printReport(
        options,
        () => ({ path, ...planned }),
        () => planBlocks(path, planned),
      );
    });
}
