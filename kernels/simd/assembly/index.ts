/** What the module exports. */
export { conv2d, conv2dPointwise, writeImage } from './conv_2d';
export { depthwiseConv2d } from './depthwise_conv_2d';
export { averagePool2d, maxPool2d, mean } from './pooling';
export { multiplyBytes } from './product';
