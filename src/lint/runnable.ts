/** Models that a runtime refuses as a whole, or runs on numbers that mean nothing. */
import { ModelError } from '../../kernels/errors.ts';
import type { DataFlow } from '../inspect/data_flow.ts';
import type { OperatorSpec, TensorSpec } from '../model/model.ts';
import { ACTIVATION_LIMITS } from '../model/operator_facts.ts';
import { count, few, type Rule, real, remedy } from './rule.ts';

const CONVERT_ANEW = remedy('convert the model anew: scales and zero points are not edited one by one');

export const invalidScale: Rule = {
  id: 'invalid-scale',
  severity: 'error',
  title: 'a scale that is no positive, finite number',
  why:
    'no real value follows from such a scale. TFLite and TensorFlow Lite Micro do not look for it: where a multiplier is made of it, they ' +
    'refuse the node, or each channel has one value whatever comes in. requant refuses to run it',
  *check({ flows, unprepared }) {
    for (const { subgraph, kinds } of flows) {
      for (const tensor of subgraph.tensors) {
        const scales = Array.from(tensor.quantization?.scales ?? []);
        const wrong = scales.filter((scale) => !(scale > 0 && scale < Infinity));
        if (wrong.length === 0 || ['unused', 'description'].includes(kinds[tensor.index]!)) continue;
        const values = few([...new Set(wrong)].map(String));
        const share = scales.length === 1 ? '' : ` (${wrong.length} of ${count(scales.length, 'channel')})`;
        const node = subgraph.operators.find(({ inputs, outputs }) => [...inputs, ...outputs].includes(tensor.index));
        yield {
          subgraph,
          node,
          tensor,
          text: `its scale is ${values}${share}`,
          numbers: { channels: wrong.length, of: scales.length },
          ...(unprepared instanceof ModelError && { refuses: true as const }),
          // Of a bias, for one, no kernel looks at it.
          ...(unprepared === null && { severity: 'note' as const, why: 'no kernel computes with it' }),
          remedies: [CONVERT_ANEW],
        };
      }
    }
  },
};

export const refusedModel: Rule = {
  id: 'refused-model',
  severity: 'error',
  title: 'a model that cannot be prepared',
  why: 'AllocateTensors fails, or what is computed is not defined: no command that runs the model takes it',
  *check({ model, unprepared, profile, flows }) {
    if (!(unprepared instanceof ModelError) || isOfInvalidScale(flows)) return;
    const [subgraph] = model.subgraphs;
    const node = unprepared.node === undefined ? undefined : subgraph!.operators[unprepared.node];
    if (node?.isCustom) return; // a custom operator may do what no rule knows
    yield {
      subgraph: subgraph!,
      node,
      tensor: unprepared.tensor === undefined ? undefined : subgraph!.tensors[unprepared.tensor],
      text: unprepared.message.replace(/^[A-Z_0-9]+ \(node \d+\): /, ''),
      refuses: true,
      profiles: [profile],
      remedies: [CONVERT_ANEW],
    };
  },
};

/** Said by the rule above already, where it is. */
function isOfInvalidScale(flows: readonly DataFlow[]): boolean {
  return flows.some(({ subgraph }) =>
    subgraph.tensors.some(({ quantization }) => quantization?.scales.some((scale) => !(scale > 0 && scale < Infinity))),
  );
}

/** Operators whose prepare fails on it: of pools, TFLite ignores that it did. */
export const CHECKING: readonly string[] = ['ADD', 'CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED', 'MUL', 'SUB'];

export const activationOverflow: Rule = {
  id: 'activation-overflow',
  severity: 'error',
  title: 'an activation whose limit is beyond int32 in steps of the output',
  why:
    "TFLite and TensorFlow Lite Micro refuse the node ('no_integer_overflow_from_quantization was not true'). Python's default " +
    'interpreter runs it where XNNPACK takes it',
  *check({ flows }) {
    for (const { subgraph } of flows) {
      for (const node of subgraph.operators) {
        const tensor = subgraph.tensors[node.outputs[0] ?? -1];
        const limit = CHECKING.includes(node.op) ? overflowing(node, tensor) : undefined;
        if (limit === undefined) continue;
        const scale = tensor!.quantization!.scales[0]!;
        const activation = String(node.options.fusedActivationFunction);
        const steps = Math.round(Math.fround(limit / scale));
        yield {
          subgraph,
          node,
          tensor,
          text: `the ${limit} of its ${activation} is ${steps.toLocaleString('en')} steps of ${real(scale)}; int32 ends at 2,147,483,647`,
          numbers: { limit, scale, steps },
          refuses: true,
          remedies: [
            remedy(
              'the values that reach this layer are all but zero: look for a layer in front whose weights or range vanished, and ' +
                'convert again from the repaired model',
            ),
          ],
        };
      }
    }
  },
};

const INT32_MAX = 2 ** 31 - 1;

/** Quantize of TFLite's kernel_util.cc: the limit over the scale, in float32, must be an int32. */
function overflowing({ options }: OperatorSpec, output: TensorSpec | undefined): number | undefined {
  const scale = output?.quantization?.scales[0];
  const limits = ACTIVATION_LIMITS[String(options.fusedActivationFunction)];
  if (!limits || scale === undefined || !(scale > 0) || !['int8', 'uint8', 'int16'].includes(output!.dtype))
    return undefined;
  return limits.find((limit) => Number.isFinite(limit) && Math.abs(Math.fround(limit / scale)) > INT32_MAX);
}
