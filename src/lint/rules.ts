/** Every rule of `lint`, in the order in which findings are listed within one severity. */
import { accumulatorOverflow, biasScale, largeMultiplier, refusedQuantization } from './arithmetic.ts';
import { constantOutput, unusedNode } from './dead_nodes.ts';
import { floatEdge, floatNode } from './float_nodes.ts';
import { lostSteps } from './lost_steps.ts';
import { defaultRange, equalRanges, unfoldedBatchNorm, unusedRange } from './ranges.ts';
import type { Rule } from './rule.ts';
import { activationOverflow, invalidScale, refusedModel } from './runnable.ts';
import { narrowOutput, saturatedOutput, unchangingChannel } from './saturation.ts';
import { cmsisOperators, cmsisRefusals, compiledModel, edgeTpuOperators, microOperators } from './targets.ts';
import { runtimesDiffer, upstreamDefect } from './upstream.ts';
import { coarseChannel, constantChannel, saturatedWeights } from './weights.ts';

export const RULES: readonly Rule[] = [
  invalidScale,
  refusedModel,
  activationOverflow,
  floatNode,
  floatEdge,
  refusedQuantization,
  defaultRange,
  equalRanges,
  unusedRange,
  lostSteps,
  unusedNode,
  constantOutput,
  unfoldedBatchNorm,
  accumulatorOverflow,
  largeMultiplier,
  biasScale,
  saturatedOutput,
  unchangingChannel,
  narrowOutput,
  saturatedWeights,
  constantChannel,
  coarseChannel,
  upstreamDefect,
  runtimesDiffer,
  compiledModel,
  microOperators,
  cmsisRefusals,
  cmsisOperators,
  edgeTpuOperators,
];
