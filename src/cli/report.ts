/** requant report: all of it as one HTML file that works offline. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { InputError } from '../../kernels/errors.ts';
import { type ModelReport, modelReport } from '../report/model_report.ts';
import { reportPage } from '../report/report_page.ts';
import { counted, plural } from '../report/text.ts';
import { targetOf } from '../runtime/entry_point.ts';
import { readTheirs } from './candidate_files.ts';
import { about, ownPath, readModel, writeFile } from './files.ts';
import { hasInputs, INPUT_HELP, type InputOptions, inputOptions, readInputs } from './inputs.ts';
import { type EngineOptions, engineOf, engineOptions, jsonOption, print, printJson } from './output.ts';

interface ReportOptions extends EngineOptions, InputOptions {
  readonly input: string[];
  readonly against?: string;
  readonly output: string;
  readonly json?: boolean;
}

export function addReport(program: Command): void {
  inputOptions(engineOptions(jsonOption(program.command('report'))))
    .summary('all of it as one HTML file that works offline')
    .description(
      'Writes a page with the graph, and for each node its formula with every number, its weights, and with --input what a run ' +
        'makes of it: histograms, saturation, time, and memory over time. With --against, what differs is painted on the graph. ' +
        'Without a model the page is empty: it takes a .tflite file that is dropped on it, and runs it in the browser.',
    )
    .argument('[model]', 'a .tflite file')
    .option('--input <files...>', 'one file for each input, or one .npz for all', [])
    .option('--against <theirs>', "another implementation's values on that input, as diff takes them")
    .option('-o, --output <file>', 'where to', 'report.html')
    .addHelpText('after', INPUT_HELP)
    .action((path: string | undefined, options: ReportOptions) => {
      const report = path === undefined ? null : reportOf(path, options);
      if (options.json) {
        printJson(report);
        return;
      }
      const page = readFileSync(ownPath('dist/page/report.html'), 'utf8');
      const html = report ? reportPage(page, report) : page;
      writeFile(options.output, html);
      const what = report ? `${plural(report.inspection.subgraphs[0]!.nodes.length, 'node')}` : 'an empty page';
      print(`${options.output}: ${what}, ${counted(html.length)} bytes`);
    });
}

function reportOf(path: string, options: ReportOptions): ModelReport {
  const { input, against, example } = options;
  const hasInput = hasInputs(input, options);
  if (against !== undefined && !hasInput) throw new InputError('--against needs --input: what both ran on');
  const bytes = readModel(path);
  return about(path, () =>
    modelReport(bytes, {
      name: path,
      ...engineOf(options),
      ...(hasInput && { inputs: (interpreter) => readInputs(targetOf(interpreter), input, options) }),
      ...(against !== undefined && { against: { name: against, arrays: readTheirs(against), example } }),
    }),
  );
}
