/** One model and its golden file -> what is reported of it. */
import { RequantError, UnsupportedError } from '../../kernels/errors.ts';
import type { VerifiedModel } from '../report/verify.ts';
import { verifyModel } from '../verify/verify.ts';
import { readModel } from './files.ts';
import { readGolden } from './golden_file.ts';
import type { EngineOptions } from './output.ts';

export interface VerifyEngine extends EngineOptions {
  readonly signature?: string;
}

export type Pair = readonly [model: string, golden: string];

export interface VerifiedPair {
  readonly model: VerifiedModel;
  /** The kernels that ran; undefined where none did. */
  readonly kernels: string | undefined;
}

/** Of a model that cannot be verified, why: the others are verified all the same. */
export function verifyPair([path, golden]: Pair, options: VerifyEngine): VerifiedPair {
  try {
    const { kernels, ...result } = verifyModel(readModel(path), readGolden(golden), options);
    return { model: { path, ...result, unsupportedOps: [] }, kernels };
  } catch (error) {
    return notVerified(path, error);
  }
}

export function notVerified(path: string, error: unknown): VerifiedPair {
  const ops = error instanceof UnsupportedError ? error.nodes.map(({ op }) => op) : [];
  const bug = `this is a bug in requant: ${error instanceof Error ? error.stack : error}`;
  const model = {
    ...{ path, runs: 0, values: 0, different: 0, maxDifference: 0, firstTensor: null },
    unsupportedOps: [...new Set(ops)],
    error: error instanceof RequantError ? error.message : bug,
  };
  return { model, kernels: undefined };
}
