/** What TFLite_Detection_PostProcess answers is among the recorded cases; here is what must be refused. */
import { expect, test } from 'vitest';
import { ModelError } from '../../kernels/errors.ts';
import { Node } from '../../kernels/kernel.ts';
import { TFLite_Detection_PostProcess } from '../../kernels/reference/custom.ts';
import { Tensor } from '../../kernels/tensor.ts';

const OPTIONS = { max_detections: 3, max_classes_per_detection: 1, num_classes: 2, nms_iou_threshold: 0.5 };

function prepare(options: object) {
  const inputs = [[1, 6, 4], [1, 6, 2], [6, 4]].map((shape, i) => new Tensor(i, `t${i}`, 'float32', shape)); // biome-ignore format: one line
  const outputs = [3, 4, 5, 6].map((i) => new Tensor(i, `t${i}`, 'float32', []));
  const parts = { op: 'TFLite_Detection_PostProcess', isCustom: true, index: 0, version: 1, intermediates: [] };
  const limits = { tensorBytes: 2 ** 20, macs: 2 ** 20, iterations: 1 };
  return TFLite_Detection_PostProcess.prepare(
    new Node({ ...parts, options, inputs, outputs }, { profile: 'tflite', limits }),
  );
}

test('the options', () => {
  expect(() => prepare(OPTIONS)).not.toThrow();
});

test.each([[{ toString: 1, valueOf: 2 }], ['2'], [null], [[1]], [Uint8Array.of(1)]])(
  'an option that a FlexBuffer may hold, %o, and that is no number, counts as left out',
  (value) => {
    expect(() => prepare({ ...OPTIONS, max_detections: value })).not.toThrow();
    for (const option of ['max_classes_per_detection', 'num_classes', 'nms_iou_threshold']) {
      expect(() => prepare({ ...OPTIONS, [option]: value })).toThrow(ModelError);
    }
  },
);
