/**
 * TFLite_Detection_PostProcess: decodes a detector's boxes against its anchors and keeps the best that do not overlap.
 *
 *   ycenter = y / yScale * anchor.h + anchor.y      half height = 0.5 * exp(h / hScale) * anchor.h      (x, w alike)
 *   box = [ycenter - half height, xcenter - half width, ycenter + half height, xcenter + half width]
 *
 * fast: each anchor stands with its best class; one suppression over all anchors.
 * regular (use_regular_nms): one suppression for each class; the best of all classes remain.
 *
 * Inputs: box encodings [1, boxes, 4 or more], scores [1, boxes, classes], anchors [boxes, 4], all uint8 or all float32.
 * Outputs: boxes [1, n, 4], classes [1, n], scores [1, n], their count [1]; n = max_detections * max_classes_per_detection.
 *
 * Equals: detection_postprocess.cc, with one thread. Deviations: the slots that the fast path leaves unwritten, beyond
 * the detections that there are, are 0.
 */
import { InputError } from '../errors.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import type { Tensor } from '../tensor.ts';

/** The keys of the operator's flexbuffer map. */
interface Options {
  max_detections?: number;
  max_classes_per_detection?: number;
  detections_per_class?: number;
  use_regular_nms?: boolean;
  nms_score_threshold?: number;
  nms_iou_threshold?: number;
  num_classes?: number;
  y_scale?: number;
  x_scale?: number;
  h_scale?: number;
  w_scale?: number;
}

const DETECTIONS_PER_CLASS = 100;

type Detection = ReturnType<typeof prepare>;

function prepare(node: Node) {
  const options = node.options<Options>();
  const encodings = node.input(0, 'uint8', 'float32');
  const scores = node.input(1, encodings.dtype);
  const anchors = node.input(2, encodings.dtype);
  const [batches, boxes, encodingLength] = encodings.shape;
  const [, , classesInTensor] = scores.shape;
  node.require(
    encodings.shape.length === 3 && batches === 1,
    `box encodings are [${encodings.shape}], not [1, boxes, 4]`,
  );
  node.require(encodingLength >= 4, `a box encoding has ${encodingLength} values; it needs 4`);
  node.require(
    scores.shape.length === 3 && scores.shape[0] === 1 && scores.shape[1] === boxes,
    `scores are [${scores.shape}], not [1, ${boxes}, classes]`,
  );
  node.require(
    anchors.shape.length === 2 && anchors.shape[0] >= boxes && anchors.shape[1] === 4,
    `anchors are [${anchors.shape}], not [${boxes}, 4]`,
  );
  const option = (key: keyof Options, otherwise: number) => {
    const value: unknown = options[key]; // a map may hold anything
    return typeof value === 'number' || typeof value === 'boolean' ? Number(value) : otherwise;
  };
  const number = (key: keyof Options, otherwise = 0) => Math.fround(option(key, otherwise));
  const count = (key: keyof Options, otherwise: number, least: number) => {
    const value = option(key, otherwise);
    node.require(Number.isInteger(value) && value >= least && value < 2 ** 31, `option ${key} is ${value}`);
    return value;
  };
  const maxDetections = count('max_detections', 0, 0);
  const maxClassesPerDetection = count('max_classes_per_detection', 0, 1);
  const numClasses = count('num_classes', 0, 1);
  const backgroundClasses = classesInTensor - numClasses;
  node.require(
    backgroundClasses === 0 || backgroundClasses === 1,
    `${numClasses} classes, and scores for ${classesInTensor}`,
  );
  const iouThreshold = number('nms_iou_threshold');
  node.require(iouThreshold > 0 && iouThreshold <= 1, `nms_iou_threshold is ${iouThreshold}; it must be in (0, 1]`);
  const regular = option('use_regular_nms', 0) !== 0;
  const slots = maxDetections * maxClassesPerDetection;
  // Every pair of boxes may be compared, in regular mode once for each class.
  node.macs = boxes * boxes * (regular ? numClasses : 1);
  return {
    node,
    encodings: prepareReals(node, encodings),
    scores: prepareReals(node, scores),
    anchors: prepareReals(node, anchors),
    boxes,
    encodingLength,
    classesInTensor,
    numClasses,
    firstClass: backgroundClasses,
    maxDetections,
    maxClassesPerDetection,
    detectionsPerClass: Math.min(count('detections_per_class', DETECTIONS_PER_CLASS, regular ? 1 : 0), maxDetections),
    regular,
    scoreThreshold: number('nms_score_threshold'),
    iouThreshold,
    yScale: number('y_scale'),
    xScale: number('x_scale'),
    hScale: number('h_scale'),
    wScale: number('w_scale'),
    outputBoxes: node.output(0, [1, slots, 4], 'float32'),
    outputClasses: node.output(1, [1, slots], 'float32'),
    outputScores: node.output(2, [1, slots], 'float32'),
    outputCount: node.output(3, [1], 'float32'),
    decoded: node.scratch('float32', 4 * boxes),
  };
}

/** An input, and memory for its real values. */
function prepareReals(node: Node, tensor: Tensor<'uint8' | 'float32'>) {
  const { zeroPoint } = tensor;
  const scale = tensor.dtype === 'uint8' ? tensor.scale : 1;
  return { tensor, zeroPoint, scale, real: node.scratch('float32', tensor.size) };
}

type Reals = ReturnType<typeof prepareReals>;

function bind(p: Detection): Eval {
  return () => {
    dequantize(p.encodings);
    dequantize(p.scores);
    dequantize(p.anchors);
    decodeBoxes(p);
    p.outputBoxes.data.fill(0);
    p.outputClasses.data.fill(0);
    p.outputScores.data.fill(0);
    p.outputCount.data[0] = p.regular ? suppressEachClass(p) : suppressAcrossClasses(p);
  };
}

/** real = (data - zeroPoint) * scale in float32. */
function dequantize({ tensor: { data }, zeroPoint, scale, real }: Reals) {
  if (data instanceof Float32Array) real.data.set(data);
  else for (let i = 0; i < data.length; i++) real.data[i] = (data[i] - zeroPoint) * scale;
}

function decodeBoxes(p: Detection) {
  const encodings = p.encodings.real.data;
  const anchors = p.anchors.real.data;
  const decoded = p.decoded.data;
  for (let i = 0; i < p.boxes; i++) {
    const from = i * p.encodingLength;
    const to = 4 * i;
    const anchorH = anchors[to + 2];
    const anchorW = anchors[to + 3];
    const yCenter = Math.fround((encodings[from] / p.yScale) * anchorH + anchors[to]);
    const xCenter = Math.fround((encodings[from + 1] / p.xScale) * anchorW + anchors[to + 1]);
    const halfHeight = Math.fround(0.5 * Math.exp(encodings[from + 2] / p.hScale) * anchorH);
    const halfWidth = Math.fround(0.5 * Math.exp(encodings[from + 3] / p.wScale) * anchorW);
    decoded[to] = yCenter - halfHeight;
    decoded[to + 1] = xCenter - halfWidth;
    decoded[to + 2] = yCenter + halfHeight;
    decoded[to + 3] = xCenter + halfWidth;
    if (decoded[to] > decoded[to + 2] || decoded[to + 1] > decoded[to + 3]) {
      throw new InputError(`${p.node}: box ${i} has a negative size`, p.node.place);
    }
  }
}

/** Indices of the boxes to keep, best first: each suppresses the worse ones that overlap it by more than the threshold. */
function suppress(p: Detection, scores: Float32Array, most: number): number[] {
  const candidates = Array.from(scores.keys()).filter((i) => scores[i] >= p.scoreThreshold);
  candidates.sort((a, b) => scores[b] - scores[a]); // stable
  const selected: number[] = [];
  const suppressed = new Uint8Array(candidates.length);
  for (let i = 0; i < candidates.length && selected.length < most; i++) {
    if (suppressed[i]) continue;
    selected.push(candidates[i]);
    for (let j = i + 1; j < candidates.length; j++) {
      if (!suppressed[j] && intersectionOverUnion(p.decoded.data, candidates[i], candidates[j]) > p.iouThreshold) {
        suppressed[j] = 1;
      }
    }
  }
  return selected;
}

function intersectionOverUnion(boxes: Float32Array, i: number, j: number): number {
  const F = Math.fround;
  const [a, b] = [4 * i, 4 * j];
  const areaA = F(F(boxes[a + 2] - boxes[a]) * F(boxes[a + 3] - boxes[a + 1]));
  const areaB = F(F(boxes[b + 2] - boxes[b]) * F(boxes[b + 3] - boxes[b + 1]));
  if (areaA <= 0 || areaB <= 0) return 0;
  const height = F(Math.min(boxes[a + 2], boxes[b + 2]) - Math.max(boxes[a], boxes[b]));
  const width = F(Math.min(boxes[a + 3], boxes[b + 3]) - Math.max(boxes[a + 1], boxes[b + 1]));
  const intersection = F(Math.max(height, 0) * Math.max(width, 0));
  return F(intersection / F(F(areaA + areaB) - intersection));
}

function write(p: Detection, slot: number, box: number, classIndex: number, score: number) {
  p.outputBoxes.data.set(p.decoded.data.subarray(4 * box, 4 * box + 4), 4 * slot);
  p.outputClasses.data[slot] = classIndex;
  p.outputScores.data[slot] = score;
}

function suppressAcrossClasses(p: Detection): number {
  const scores = p.scores.real.data;
  const classesPerBox = Math.min(p.maxClassesPerDetection, p.numClasses);
  const best = new Float32Array(p.boxes);
  const scoresOf = (box: number) => {
    const from = box * p.classesInTensor + p.firstClass;
    return scores.subarray(from, from + p.numClasses);
  };
  for (let box = 0; box < p.boxes; box++) best[box] = scoresOf(box).reduce((a, b) => Math.max(a, b), -Infinity);
  const selected = suppress(p, best, p.maxDetections);
  selected.forEach((box, i) => {
    const own = scoresOf(box);
    bestClasses(own, classesPerBox).forEach((classIndex, j) => {
      write(p, i * p.maxClassesPerDetection + j, box, classIndex, own[classIndex]);
    });
  });
  return selected.length;
}

function suppressEachClass(p: Detection): number {
  const scores = p.scores.real.data;
  const own = new Float32Array(p.boxes);
  let found: { box: number; classIndex: number; score: number }[] = [];
  for (let classIndex = 0; classIndex < p.numClasses; classIndex++) {
    for (let box = 0; box < p.boxes; box++) own[box] = scores[box * p.classesInTensor + p.firstClass + classIndex];
    const selected = suppress(p, own, p.detectionsPerClass).map((box) => ({ box, classIndex, score: own[box] }));
    found = found.concat(selected).sort((a, b) => b.score - a.score); // stable: earlier classes first
    found.length = Math.min(found.length, p.maxDetections);
  }
  found.forEach(({ box, classIndex, score }, slot) => {
    write(p, slot, box, classIndex, score);
  });
  return found.length;
}

/**
 * The indices of the `count` highest scores, highest first. The order among equal scores is that of the C++ library's
 * partial_sort: a heap of the first `count`, of which the lowest goes whenever a higher one comes.
 */
function bestClasses(scores: Float32Array, count: number): number[] {
  const heap = Array.from({ length: count }, (_, i) => i);
  if (count === 1) {
    for (let i = 1; i < scores.length; i++) if (scores[i] > scores[heap[0]]) heap[0] = i;
    return heap;
  }
  const before = (a: number, b: number) => scores[a] > scores[b];
  /** Puts `value` into the hole at `at` of a heap of `length` whose root comes last in order. */
  const adjust = (at: number, length: number, value: number) => {
    let hole = at;
    let child = hole;
    while (child < (length - 1) >> 1) {
      child = 2 * child + 2;
      if (before(heap[child], heap[child - 1])) child--;
      heap[hole] = heap[child];
      hole = child;
    }
    if (length % 2 === 0 && child === (length - 2) >> 1) {
      child = 2 * child + 1;
      heap[hole] = heap[child];
      hole = child;
    }
    for (let parent = (hole - 1) >> 1; hole > at && before(heap[parent], value); parent = (hole - 1) >> 1) {
      heap[hole] = heap[parent];
      hole = parent;
    }
    heap[hole] = value;
  };
  for (let parent = (count - 2) >> 1; parent >= 0; parent--) adjust(parent, count, heap[parent]);
  for (let i = count; i < scores.length; i++) if (before(i, heap[0])) adjust(0, count, i);
  for (let last = count - 1; last > 0; last--) {
    const value = heap[last];
    heap[last] = heap[0];
    adjust(0, last, value);
  }
  return heap;
}

export const TFLite_Detection_PostProcess = operator(prepare, bind);
