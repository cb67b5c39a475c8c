/**
 * `node test/conversions/table.mjs OUT`: runs what convert.py made, after `npm run build`, and prints one row a conversion: how many
 * values differ from TFLite's reference kernels, or why nothing was compared.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [out] = process.argv.slice(2);
const cli = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

console.log('| model | recipe | values | different | |\n| --- | --- | --- | --- | --- |');
for (const model of readdirSync(out).sort()) {
  for (const file of readdirSync(join(out, model)).sort()) {
    const stem = join(out, model, file.replace(/\.\w+$/, ''));
    const recipe = basename(stem).replaceAll('_', ' ');
    if (file.endsWith('.txt')) {
      const by = existsSync(`${stem}.tflite`) ? 'TFLite refuses it' : 'not converted';
      console.log(`| ${model} | ${recipe} | | | ${by}: ${readFileSync(`${stem}.txt`, 'utf8').trim().slice(0, 120)} |`);
    }
    if (!file.endsWith('.npz')) continue;
    const args = [cli, 'verify', '--json', `${stem}.tflite`, `${stem}.npz`];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
    const [{ values, different, error = '' }] = JSON.parse(stdout).models;
    console.log(
      `| ${model} | ${recipe} | ${values} | ${error ? '' : different} | ${error.replace(/\s+/g, ' ').slice(0, 200)} |`,
    );
  }
}
