#!/usr/bin/env node
/** requant <command> model.tflite …; exit status 0 ok, 1 a difference was found, 2 bad usage or model. */
import { Command, CommanderError } from 'commander';
import { RequantError } from '../../kernels/errors.ts';
import { colors } from './output.ts';
import { addVerify } from './verify.ts';

const BAD_USAGE = 2;

const program = new Command('requant')
  .description("Quantized TensorFlow Lite models, run in integers, with exactly TFLite's bits.")
  .exitOverride();
addVerify(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : BAD_USAGE;
  else if (error instanceof RequantError) {
    process.stderr.write(`${colors.red(error.name)}: ${error.message}\n`);
    process.exitCode = BAD_USAGE;
  } else throw error;
}
