/** requant: quantized TensorFlow Lite models, run in integers, with exactly TFLite's bits. */
export {
  InputError,
  LimitError,
  ModelError,
  RequantError,
  UnsupportedError,
  type UnsupportedNode,
} from '../kernels/errors.ts';
// For operators of one's own: kernels/custom_operators.md.
export {
  multiplyByQuantizedMultiplier,
  roundingDivideByPOT,
  saturatingRoundingDoublingHighMul,
} from '../kernels/fixed_point.ts';
export { type Eval, type Limits, Node, type Operator, operator, type Profile } from '../kernels/kernel.ts';
export {
  type Activation,
  type ActivationRange,
  activationRange,
  lut8,
  type QuantizedMultiplier,
  type QuantizedType,
  quantizeMultiplier,
  roundHalfAway,
  typeRange,
} from '../kernels/quantization.ts';
export { byteMask, type DataOf, type DType, int8View, type Quantization, Tensor } from '../kernels/tensor.ts';
export type { Diagnosis, Mistake } from './diff/diagnosis.ts';
export { type Diff, type DivergentNode, diff, type NodeDiff } from './diff/diff.ts';
export { explain } from './explain/explain.ts';
export type {
  AccumulatorRange,
  Bound,
  Clamp,
  Explanation,
  NodeExplanation,
  NodeTensor,
  OperatorExplanation,
  ParameterCount,
  ScaleOrigin,
  Window,
} from './explain/explanation.ts';
export { type ProfileTrace, type Trace, type TraceOptions, trace } from './explain/trace.ts';
export { type DumpedTensor, dump } from './export/dump.ts';
export type { Condition, Expression } from './formula/expression.ts';
export type { Case, Formula, Step, Table } from './formula/formula.ts';
export type { Arithmetic, DerivationStep, Multiplier, Rescaling } from './formula/rescaling.ts';
export type { Tap, TraceStep } from './formula/trace.ts';
export type { FloatTensorReason } from './lint/float_tensors.ts';
export { type Finding, type Lint, type LintOptions, lint } from './lint/lint.ts';
export type { Remedy, Severity, Target } from './lint/rule.ts';
export type { FlexbufferValue } from './model/flexbuffers.ts';
export { loadModel } from './model/loader.ts';
export type { Model, OperatorSpec, Signature, Subgraph, TensorSpec } from './model/model.ts';
export type { MicroMemory, PersistentPart } from './plan/micro/memory.ts';
export type { MicroBuild } from './plan/micro/structs.ts';
export { type ArenaPlan, type MemoryPlan, type MicroResolver, type PlannedTensor, plan } from './plan/plan.ts';
export { Interpreter, type InterpreterOptions, type InvokeInput } from './runtime/interpreter.ts';
export type { SignatureInfo, SignatureRunner } from './runtime/signature_runner.ts';
export type { InvokeOptions, NodeInfo } from './runtime/subgraph_runner.ts';
export { OutputTensor, type TensorData, TensorInfo } from './runtime/tensor_info.ts';
export { type MicroRefusal, microRefusals } from './targets/tflm.ts';
