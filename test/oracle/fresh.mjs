/**
 * `npm run test:oracle [-- SEED [COUNT]]`: fresh random models, answered here and now by TFLite and by whatever answers for
 * another profile, through `requant verify`. $PYTHON must have ai-edge-litert and numpy; README.md says what the other
 * profiles need. Those that nobody answers for are named. Exit status 0 if not one bit differs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROFILES } from '../../dist/kernels/kernel.js';
import * as custom from '../../dist/kernels/reference/custom.js';
import * as reference from '../../dist/kernels/reference/index.js';

const [seed = Math.floor(Math.random() * 2 ** 31), count = 20] = process.argv.slice(2);
const python = process.env.PYTHON ?? 'python3';
const script = fileURLToPath(new URL('random_models.py', import.meta.url));
const cli = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'requant-oracle-'));

console.log(`seed ${seed}, ${count} cases of each operator and type, in ${folder}`);
const listed = run(python, [script, '--list'], 'pipe').stdout.trim().split('\n');
const operators = { ...reference, ...custom };
const known = listed.map((line) => line.split(' ')[0]).filter((op) => Object.hasOwn(operators, op));
run(python, [script, '--ops', known.join(), '--seed', seed, '--count', count, '--out', folder]);

// Only operators that are there were asked for: what is refused is as wrong as what differs.
const answered = PROFILES.filter((profile) => existsSync(join(folder, profile)));
const wrong = answered.filter((profile) => !verify(profile));
for (const profile of PROFILES.filter((profile) => !answered.includes(profile))) {
  console.log(`${profile}: not compared, as its reference is not here; see "Who answers" in test/oracle/README.md`);
}
if (wrong.length === 0) rmSync(folder, { recursive: true });
else {
  const again = `${python} ${script} --ops ${known.join()} --seed ${seed} --count ${count} --out FOLDER`;
  console.log(
    `\nThe models are kept, described in ${wrong.join(' and ')}/<OP>/cases.txt. To make them again:\n  ${again}`,
  );
  process.exitCode = 1;
}

/** Whether a profile answers as recorded. */
function verify(profile) {
  const args = [cli, 'verify', '--json', '--allow-float', '--profile', profile, join(folder, profile)];
  const { summary, models } = JSON.parse(run(process.execPath, args, 'pipe', [0, 1, 2]).stdout);
  for (const { path, different, error, firstTensor } of models) {
    if (error) console.log(`${path}: ${error}`);
    if (different > 0) console.log(`${path}: ${different} values differ, first in ${JSON.stringify(firstTensor)}`);
  }
  console.log(summary);
  return summary.different === 0 && summary.failed === 0 && summary.unsupported === 0;
}

function run(command, args, stdout = 'inherit', fine = [0]) {
  const options = { stdio: ['ignore', stdout, 'inherit'], encoding: 'utf8', maxBuffer: 2 ** 30 };
  const result = spawnSync(command, args.map(String), options);
  if (fine.includes(result.status)) return result;
  console.error(`${command} ${args[0]} failed: ${result.error?.message ?? `exit status ${result.status}`}`);
  process.exit(2);
}
