/** MUL: the product of both inputs, less their zero points, rescaled. */
import type { Prepared } from '../../../kernels/kernel.ts';
import type { Activation } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { derive, rescaling, scaleOf } from '../derivation.ts';
import { Steps } from '../value_trace.ts';
import { operandAt, traceUnscaled } from './elementwise.ts';
import {
  clampOf,
  magnitude,
  type OperatorAccount,
  plusInBrackets,
  repeated,
  requantized,
  unscaledAccount,
} from './operator_explainer.ts';

export const MUL: OperatorAccount<Prepared<typeof reference.MUL>> = {
  ofFloat: true,
  inputs: ['input1', 'input2'],
  explain(p, node) {
    const { fusedActivationFunction } = node.options<{ fusedActivationFunction: Activation }>();
    if (p.kind !== 'quantized') return unscaledAccount('input1 * input2', p, fusedActivationFunction);
    const { input1, input2, input1Offset, input2Offset, outputOffset } = p;
    const output = p.output as Tensor<'int8' | 'uint8' | 'int16'>;
    const steps = derive(
      p.realMultiplier,
      scaleOf('input1', input1.scale),
      scaleOf('input2', input2.scale),
      scaleOf('output', output.scale),
    );
    const scaling = rescaling('product', steps, [p]);
    const bound = magnitude(input1, input1Offset) * magnitude(input2, input2Offset);
    const clamp = clampOf(fusedActivationFunction, output, p);
    return {
      formulas: [
        `product = ${plusInBrackets('input1', input1Offset)} * ${plusInBrackets('input2', input2Offset)}`,
        ...requantized('product', scaling, bound, outputOffset, clamp),
      ],
      offsets: { input1: input1Offset, input2: input2Offset, output: outputOffset },
      rescalings: [scaling],
      clamp,
      notes: repeated(p),
    };
  },
  trace(account, { at }, p) {
    const steps = new Steps();
    if (p.kind !== 'quantized') return traceUnscaled(p, steps, at, '*');
    const a = steps.offset('offset', operandAt(steps, 'input1', p.input1, at), p.input1Offset);
    const b = steps.offset('offset', operandAt(steps, 'input2', p.input2, at), p.input2Offset);
    const product = steps.add('product', `${a} * ${b}`, a * b);
    const scaled = steps.rescale(product, account.rescalings[0]!);
    return { taps: [], value: steps.output(scaled, p.outputOffset, account.clamp!), steps: steps.list };
  },
};
