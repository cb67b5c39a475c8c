/** What the module exports. */
export { centerImage, conv2d, conv2dPointwise } from './conv_2d';
export { depthwiseConv2d } from './depthwise_conv_2d';
