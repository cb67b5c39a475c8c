/** Builds what tests run as it is built: the command line, and threads, whose code is a file of its own. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export function setup(): void {
  const cwd = fileURLToPath(new URL('../', import.meta.url));
  try {
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'src'], { cwd });
  } catch {
    // Types are the business of `npm run check`: what tsc wrote is tested.
  }
}
