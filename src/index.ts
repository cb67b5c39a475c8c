/** requant: quantized TensorFlow Lite models, run in integers, with exactly TFLite's bits. */
export {
  InputError,
  LimitError,
  ModelError,
  RequantError,
  UnsupportedError,
  type UnsupportedNode,
} from '../kernels/errors.ts';
export { type Limits, Node, type Operator, operator, type Profile } from '../kernels/kernel.ts';
export { type DType, type Quantization, Tensor } from '../kernels/tensor.ts';
export { Interpreter, type InterpreterOptions, type InvokeInput } from './interpreter.ts';
export { loadModel } from './model/loader.ts';
export type { Model, OperatorSpec, Signature, Subgraph, TensorSpec } from './model/model.ts';
export type { InvokeOptions, NodeInfo } from './runner.ts';
export type { SignatureInfo, SignatureRunner } from './signature_runner.ts';
export { OutputTensor, type TensorData, TensorInfo } from './tensor_info.ts';
