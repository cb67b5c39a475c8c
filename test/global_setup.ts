/** Builds what tests run as it is built: the command line, threads, whose code is a file of its own, and the package's entries. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export function setup(): void {
  const cwd = fileURLToPath(new URL('../', import.meta.url));
  try {
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'src'], { cwd });
  } catch {
    // Types are the business of `npm run check`: what tsc wrote is tested.
  }
  execFileSync(process.execPath, ['bundle.mjs'], { cwd });
}
