/** What the module exports. */
export { add16, add8 } from './add';
export { conv2d, conv2dPointwise, writeImage } from './conv_2d';
export { depthwiseConv2d, repeatValues } from './depthwise_conv_2d';
export { dequantize, quantizeFloat } from './float/quantize';
export { resizeBilinearFloat } from './float/resize_bilinear';
export { conv2dInt16, sumFullyConnected } from './int16';
export { lookup } from './lookup';
export { maximumMinimum } from './maximum_minimum';
export { mul16, mul8 } from './mul';
export { packColumns } from './pack';
export { averagePool2d, maxPool2d, mean } from './pooling';
export { prelu8 } from './prelu';
export { multiplyBytes } from './product';
export { resizeBilinear, resizeNearestNeighbor } from './resize';
export { softmax8 } from './softmax';
export { copyBox } from './strided_copy';
