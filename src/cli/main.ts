#!/usr/bin/env node
/** requant <command> model.tflite …; exit status 0 ok, 1 a difference was found, 2 bad usage or model, 3 a bug. */
import { requant } from './program.ts';

// A reader that has seen enough, as in `requant inspect model.tflite | head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

await requant(process.argv.slice(2));
