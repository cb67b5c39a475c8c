/** What the module exports. */
export { conv2d, conv2dPointwise, writeImage } from './conv_2d';
export { depthwiseConv2d, repeatValues } from './depthwise_conv_2d';
export { conv2dInt16, sumFullyConnected } from './int16';
export { lookup } from './lookup';
export { packColumns } from './pack';
export { averagePool2d, maxPool2d, mean } from './pooling';
export { multiplyBytes } from './product';
export { copyBox } from './strided_copy';
