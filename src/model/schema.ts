/**
 * The tables of TFLite's schema (version 3d), declared once, as data: reader, verifier, builder and printer follow from it.
 *
 * The order of the fields is the file format: as flatc does, each field takes the next slot of the table's vtable, a union
 * two (its type, then its value), a deprecated field one that nobody reads. The order of a union's members gives their
 * type codes, from 1 on; the order of an enum's names gives their values, from 0 on.
 *
 * Source: tflite/converter/schema/schema.fbs, and ai-edge-litert 2.3.0's generated schema for its two newest fields,
 * `quantSpec` and `blockShape`.
 */

interface ScalarValues {
  bool: boolean;
  int8: number;
  uint8: number;
  uint16: number;
  int32: number;
  uint32: number;
  float32: number;
  int64: bigint;
  uint64: bigint;
}

interface Vectors {
  bool: Uint8Array;
  int8: Int8Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  float32: Float32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
}

export type ScalarType = keyof ScalarValues;
export type ScalarValue<T extends ScalarType> = ScalarValues[T];
export type Vector<T extends ScalarType = ScalarType> = Vectors[T];

/** What a vector of each scalar type is read as; the size of the scalar is its BYTES_PER_ELEMENT. */
export const vectors = {
  bool: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
};

const scalar =
  <T extends ScalarType>(type: T, zero: ScalarValue<T>) =>
  (initial = zero) =>
    ({ kind: 'scalar', type, default: initial }) as const;

const bool = scalar('bool', false);
const int8 = scalar('int8', 0);
const int32 = scalar('int32', 0);
const uint32 = scalar('uint32', 0);
const float32 = scalar('float32', 0);
const int64 = scalar('int64', 0n);
const uint64 = scalar('uint64', 0n);
const string = () => ({ kind: 'string' }) as const;
const vectorOf = <T extends ScalarType>(type: T, align = 1) => ({ kind: 'vector', type, align }) as const;
const enumOf = <E extends string>(name: E, initial = 0) => ({ kind: 'enum', enum: name, default: initial }) as const;
const tableOf = <T extends string>(table: T) => ({ kind: 'table', table }) as const;
const vectorOfTables = <T extends string>(table: T) => ({ kind: 'vectorOfTables', table }) as const;
const unionOf = <U extends string>(union: U) => ({ kind: 'union', union }) as const;
const deprecated = () => ({ kind: 'deprecated' }) as const;

type AnyField =
  | ReturnType<ReturnType<typeof scalar<ScalarType>>>
  | ReturnType<typeof string>
  | ReturnType<typeof vectorOf<ScalarType>>
  | ReturnType<typeof enumOf>
  | ReturnType<typeof tableOf>
  | ReturnType<typeof vectorOfTables>
  | ReturnType<typeof unionOf>
  | ReturnType<typeof deprecated>;
type Tables = Record<string, Record<string, AnyField>>;

const modelTables = {
  Model: {
    version: uint32(),
    operatorCodes: vectorOfTables('OperatorCode'),
    subgraphs: vectorOfTables('SubGraph'),
    description: string(),
    buffers: vectorOfTables('Buffer'),
    metadataBuffer: vectorOf('int32'),
    metadata: vectorOfTables('Metadata'),
    signatureDefs: vectorOfTables('SignatureDef'),
    externalBufferGroups: vectorOfTables('ExternalBufferGroup'),
    externalBuffers: vectorOfTables('ExternalBuffer'),
  },
  SignatureDef: {
    inputs: vectorOfTables('TensorMap'),
    outputs: vectorOfTables('TensorMap'),
    signatureKey: string(),
    deprecatedTag: deprecated(),
    subgraphIndex: uint32(),
  },
  TensorMap: { name: string(), tensorIndex: uint32() },
  Metadata: { name: string(), buffer: uint32() },
  ExternalBuffer: {
    id: uint32(),
    group: uint32(),
    offset: uint64(),
    length: uint64(),
    packing: string(),
  },
  ExternalBufferGroup: { name: string() },
  Buffer: { data: vectorOf('uint8', 16), offset: uint64(), size: uint64() },
  SubGraph: {
    tensors: vectorOfTables('Tensor'),
    inputs: vectorOf('int32'),
    outputs: vectorOf('int32'),
    operators: vectorOfTables('Operator'),
    name: string(),
    debugMetadataIndex: int32(-1),
  },
  Operator: {
    opcodeIndex: uint32(),
    inputs: vectorOf('int32'),
    outputs: vectorOf('int32'),
    builtinOptions: unionOf('BuiltinOptions'),
    customOptions: vectorOf('uint8'),
    customOptionsFormat: enumOf('CustomOptionsFormat'),
    mutatingVariableInputs: vectorOf('bool'),
    intermediates: vectorOf('int32'),
    largeCustomOptionsOffset: uint64(),
    largeCustomOptionsSize: uint64(),
    builtinOptions2: unionOf('BuiltinOptions2'),
    debugMetadataIndex: int32(-1),
  },
  OperatorCode: {
    deprecatedBuiltinCode: int8(),
    customCode: string(),
    version: int32(1),
    builtinCode: enumOf('BuiltinOperator'),
  },
  Tensor: {
    shape: vectorOf('int32'),
    type: enumOf('TensorType'),
    buffer: uint32(),
    name: string(),
    quantization: tableOf('QuantizationParameters'),
    isVariable: bool(),
    sparsity: tableOf('SparsityParameters'),
    shapeSignature: vectorOf('int32'),
    hasRank: bool(),
    variantTensors: vectorOfTables('VariantSubType'),
    externalBuffer: uint32(),
  },
  VariantSubType: { shape: vectorOf('int32'), type: enumOf('TensorType'), hasRank: bool() },
  SparsityParameters: {
    traversalOrder: vectorOf('int32'),
    blockMap: vectorOf('int32'),
    dimMetadata: vectorOfTables('DimensionMetadata'),
  },
  DimensionMetadata: {
    format: enumOf('DimensionType'),
    denseSize: int32(),
    arraySegments: unionOf('SparseIndexVector'),
    arrayIndices: unionOf('SparseIndexVector'),
  },
  QuantizationParameters: {
    min: vectorOf('float32'),
    max: vectorOf('float32'),
    scale: vectorOf('float32'),
    zeroPoint: vectorOf('int64'),
    details: unionOf('QuantizationDetails'),
    quantizedDimension: int32(),
  },
} satisfies Tables;

const quantizationDetails = {
  CustomQuantization: { custom: vectorOf('uint8', 16) },
  BlockwiseQuantization: {
    scales: int32(),
    zeroPoints: int32(),
    blockSize: int32(),
    blockShape: vectorOf('int32'),
  },
  MultiAxisQuantization: {
    scales: int32(),
    zeroPoints: int32(),
    blockSize: int32(),
    quantizedDimensions: vectorOf('int32'),
  },
} satisfies Tables;

const sparseIndexVectors = {
  Int32Vector: { values: vectorOf('int32') },
  Uint16Vector: { values: vectorOf('uint16', 4) },
  Uint8Vector: { values: vectorOf('uint8', 4) },
} satisfies Tables;

const builtinOptions = {
  Conv2DOptions: {
    padding: enumOf('Padding'),
    strideW: int32(),
    strideH: int32(),
    fusedActivationFunction: enumOf('ActivationFunctionType'),
    dilationWFactor: int32(1),
    dilationHFactor: int32(1),
    quantizedBiasType: enumOf('TensorType'),
  },
  DepthwiseConv2DOptions: {
    padding: enumOf('Padding'),
    strideW: int32(),
    strideH: int32(),
    depthMultiplier: int32(),
    fusedActivationFunction: enumOf('ActivationFunctionType'),
    dilationWFactor: int32(1),
    dilationHFactor: int32(1),
  },
  ConcatEmbeddingsOptions: {
    numChannels: int32(),
    numColumnsPerChannel: vectorOf('int32'),
    embeddingDimPerChannel: vectorOf('int32'),
  },
  LSHProjectionOptions: { type: enumOf('LSHProjectionType') },
  Pool2DOptions: {
    padding: enumOf('Padding'),
    strideW: int32(),
    strideH: int32(),
    filterWidth: int32(),
    filterHeight: int32(),
    fusedActivationFunction: enumOf('ActivationFunctionType'),
  },
  SVDFOptions: {
    rank: int32(),
    fusedActivationFunction: enumOf('ActivationFunctionType'),
    asymmetricQuantizeInputs: bool(),
  },
  RNNOptions: {
    fusedActivationFunction: enumOf('ActivationFunctionType'),
    asymmetricQuantizeInputs: bool(),
  },
  FullyConnectedOptions: {
    fusedActivationFunction: enumOf('ActivationFunctionType'),
    weightsFormat: enumOf('FullyConnectedOptionsWeightsFormat'),
    keepNumDims: bool(),
    asymmetricQuantizeInputs: bool(),
    quantizedBiasType: enumOf('TensorType'),
    quantSpec: vectorOf('uint8'),
  },
  SoftmaxOptions: { beta: float32() },
  ConcatenationOptions: {
    axis: int32(),
    fusedActivationFunction: enumOf('ActivationFunctionType'),
  },
  AddOptions: {
    fusedActivationFunction: enumOf('ActivationFunctionType'),
    potScaleInt16: bool(true),
  },
  L2NormOptions: { fusedActivationFunction: enumOf('ActivationFunctionType') },
  LocalResponseNormalizationOptions: {
    radius: int32(),
    bias: float32(),
    alpha: float32(),
    beta: float32(),
  },
  LSTMOptions: {
    fusedActivationFunction: enumOf('ActivationFunctionType'),
    cellClip: float32(),
    projClip: float32(),
    kernelType: enumOf('LSTMKernelType'),
    asymmetricQuantizeInputs: bool(),
  },
  ResizeBilinearOptions: {
    newHeight: deprecated(),
    newWidth: deprecated(),
    alignCorners: bool(),
    halfPixelCenters: bool(),
  },
  CallOptions: { subgraph: uint32() },
  ReshapeOptions: { newShape: vectorOf('int32') },
  SkipGramOptions: { ngramSize: int32(), maxSkipSize: int32(), includeAllNgrams: bool() },
  SpaceToDepthOptions: { blockSize: int32() },
  EmbeddingLookupSparseOptions: { combiner: enumOf('CombinerType') },
  MulOptions: { fusedActivationFunction: enumOf('ActivationFunctionType') },
  PadOptions: {},
  GatherOptions: { axis: int32(), batchDims: int32() },
  BatchToSpaceNDOptions: {},
  SpaceToBatchNDOptions: {},
  TransposeOptions: {},
  ReducerOptions: { keepDims: bool() },
  SubOptions: {
    fusedActivationFunction: enumOf('ActivationFunctionType'),
    potScaleInt16: bool(true),
  },
  DivOptions: { fusedActivationFunction: enumOf('ActivationFunctionType') },
  SqueezeOptions: { squeezeDims: vectorOf('int32') },
  SequenceRNNOptions: {
    timeMajor: bool(),
    fusedActivationFunction: enumOf('ActivationFunctionType'),
    asymmetricQuantizeInputs: bool(),
  },
  StridedSliceOptions: {
    beginMask: int32(),
    endMask: int32(),
    ellipsisMask: int32(),
    newAxisMask: int32(),
    shrinkAxisMask: int32(),
    offset: bool(),
  },
  ExpOptions: {},
  TopKV2Options: {},
  SplitOptions: { numSplits: int32() },
  LogSoftmaxOptions: {},
  CastOptions: { inDataType: enumOf('TensorType'), outDataType: enumOf('TensorType') },
  DequantizeOptions: {},
  MaximumMinimumOptions: {},
  ArgMaxOptions: { outputType: enumOf('TensorType') },
  LessOptions: {},
  NegOptions: {},
  PadV2Options: {},
  GreaterOptions: {},
  GreaterEqualOptions: {},
  LessEqualOptions: {},
  SelectOptions: {},
  SliceOptions: {},
  TransposeConvOptions: {
    padding: enumOf('Padding'),
    strideW: int32(),
    strideH: int32(),
    fusedActivationFunction: enumOf('ActivationFunctionType'),
    quantizedBiasType: enumOf('TensorType'),
  },
  SparseToDenseOptions: { validateIndices: bool() },
  TileOptions: {},
  ExpandDimsOptions: {},
  EqualOptions: {},
  NotEqualOptions: {},
  ShapeOptions: { outType: enumOf('TensorType') },
  PowOptions: {},
  ArgMinOptions: { outputType: enumOf('TensorType') },
  FakeQuantOptions: {
    min: float32(),
    max: float32(),
    numBits: int32(),
    narrowRange: bool(),
  },
  PackOptions: { valuesCount: int32(), axis: int32() },
  LogicalOrOptions: {},
  OneHotOptions: { axis: int32() },
  LogicalAndOptions: {},
  LogicalNotOptions: {},
  UnpackOptions: { num: int32(), axis: int32() },
  FloorDivOptions: {},
  SquareOptions: {},
  ZerosLikeOptions: {},
  FillOptions: {},
  BidirectionalSequenceLSTMOptions: {
    fusedActivationFunction: enumOf('ActivationFunctionType'),
    cellClip: float32(),
    projClip: float32(),
    mergeOutputs: bool(),
    timeMajor: bool(true),
    asymmetricQuantizeInputs: bool(),
  },
  BidirectionalSequenceRNNOptions: {
    timeMajor: bool(),
    fusedActivationFunction: enumOf('ActivationFunctionType'),
    mergeOutputs: bool(),
    asymmetricQuantizeInputs: bool(),
  },
  UnidirectionalSequenceLSTMOptions: {
    fusedActivationFunction: enumOf('ActivationFunctionType'),
    cellClip: float32(),
    projClip: float32(),
    timeMajor: bool(),
    asymmetricQuantizeInputs: bool(),
    diagonalRecurrentTensors: bool(),
  },
  FloorModOptions: {},
  RangeOptions: {},
  ResizeNearestNeighborOptions: { alignCorners: bool(), halfPixelCenters: bool() },
  LeakyReluOptions: { alpha: float32() },
  SquaredDifferenceOptions: {},
  MirrorPadOptions: { mode: enumOf('MirrorPadMode') },
  AbsOptions: {},
  SplitVOptions: { numSplits: int32() },
  UniqueOptions: { idxOutType: enumOf('TensorType', 2 /* INT32 */) },
  ReverseV2Options: {},
  AddNOptions: {},
  GatherNdOptions: {},
  CosOptions: {},
  WhereOptions: {},
  RankOptions: {},
  ReverseSequenceOptions: { seqDim: int32(), batchDim: int32() },
  MatrixDiagOptions: {},
  QuantizeOptions: {},
  MatrixSetDiagOptions: {},
  HardSwishOptions: {},
  IfOptions: { thenSubgraphIndex: int32(), elseSubgraphIndex: int32() },
  WhileOptions: { condSubgraphIndex: int32(), bodySubgraphIndex: int32() },
  DepthToSpaceOptions: { blockSize: int32() },
  NonMaxSuppressionV4Options: {},
  NonMaxSuppressionV5Options: {},
  ScatterNdOptions: {},
  SelectV2Options: {},
  DensifyOptions: {},
  SegmentSumOptions: {},
  BatchMatMulOptions: { adjX: bool(), adjY: bool(), asymmetricQuantizeInputs: bool() },
  CumsumOptions: { exclusive: bool(), reverse: bool() },
  CallOnceOptions: { initSubgraphIndex: int32() },
  BroadcastToOptions: {},
  Rfft2dOptions: {},
  Conv3DOptions: {
    padding: enumOf('Padding'),
    strideD: int32(),
    strideW: int32(),
    strideH: int32(),
    fusedActivationFunction: enumOf('ActivationFunctionType'),
    dilationDFactor: int32(1),
    dilationWFactor: int32(1),
    dilationHFactor: int32(1),
  },
  HashtableOptions: {
    tableId: int32(),
    keyDtype: enumOf('TensorType'),
    valueDtype: enumOf('TensorType'),
  },
  HashtableFindOptions: {},
  HashtableImportOptions: {},
  HashtableSizeOptions: {},
  VarHandleOptions: { container: string(), sharedName: string() },
  ReadVariableOptions: {},
  AssignVariableOptions: {},
  RandomOptions: { seed: int64(), seed2: int64() },
  BucketizeOptions: { boundaries: vectorOf('float32') },
  GeluOptions: { approximate: bool() },
  DynamicUpdateSliceOptions: {},
  UnsortedSegmentProdOptions: {},
  UnsortedSegmentMaxOptions: {},
  UnsortedSegmentMinOptions: {},
  UnsortedSegmentSumOptions: {},
  ATan2Options: {},
  SignOptions: {},
  BitcastOptions: {},
  BitwiseXorOptions: {},
  RightShiftOptions: {},
} satisfies Tables;

const builtinOptions2 = {
  StablehloConcatenateOptions: { dimension: int64() },
  StablehloBroadcastInDimOptions: { broadcastDimensions: vectorOf('int64') },
  StablehloSliceOptions: {
    startIndices: vectorOf('int64'),
    limitIndices: vectorOf('int64'),
    strides: vectorOf('int64'),
  },
  StablehloConvolutionOptions: {
    windowStrides: vectorOf('int64'),
    padding: vectorOf('int64'),
    lhsDilation: vectorOf('int64'),
    rhsDilation: vectorOf('int64'),
    windowReversal: vectorOf('bool'),
    inputBatchDimension: int64(),
    inputFeatureDimension: int64(),
    inputSpatialDimensions: vectorOf('int64'),
    kernelInputFeatureDimension: int64(),
    kernelOutputFeatureDimension: int64(),
    kernelSpatialDimensions: vectorOf('int64'),
    outputBatchDimension: int64(),
    outputFeatureDimension: int64(),
    outputSpatialDimensions: vectorOf('int64'),
    featureGroupCount: int64(),
    batchGroupCount: int64(),
    precisionConfig: vectorOf('uint32'),
  },
  StablehloCustomCallOptions: {
    callTargetName: string(),
    hasSideEffect: bool(),
    backendConfig: string(),
    apiVersion: int32(),
    calledComputations: vectorOf('int32'),
    customAttributes: vectorOf('uint8'),
  },
  StablehloReduceOptions: { dimensions: vectorOf('int64'), bodySubgraphIndex: int32() },
  StablehloScatterOptions: {
    indicesAreSorted: bool(),
    updateWindowDims: vectorOf('int64'),
    insertedWindowDims: vectorOf('int64'),
    scatterDimsToOperandDims: vectorOf('int64'),
    indexVectorDim: int64(),
    uniqueIndices: bool(),
    updateComputationSubgraphIndex: int32(),
  },
  StablehloCompareOptions: {
    comparisonDirection: enumOf('StablehloComparisonDirection'),
    compareType: enumOf('StablehloComparisonType'),
  },
  StablehloDynamicSliceOptions: { sliceSizes: vectorOf('int64') },
  StablehloPadOptions: {
    edgePaddingLow: vectorOf('int64'),
    edgePaddingHigh: vectorOf('int64'),
    interiorPadding: vectorOf('int64'),
  },
  StablehloIotaOptions: { iotaDimension: int64() },
  StablehloDotGeneralOptions: {
    lhsBatchingDimensions: vectorOf('int64'),
    rhsBatchingDimensions: vectorOf('int64'),
    lhsContractingDimensions: vectorOf('int64'),
    rhsContractingDimensions: vectorOf('int64'),
    precisionConfig: vectorOf('uint32'),
  },
  StablehloReduceWindowOptions: {
    windowDimensions: vectorOf('int64'),
    windowStrides: vectorOf('int64'),
    baseDilations: vectorOf('int64'),
    windowDilations: vectorOf('int64'),
    padding: vectorOf('int64'),
    bodySubgraphIndex: int32(),
  },
  StablehloSortOptions: { dimension: int64(), isStable: bool(), comparatorSubgraphIndex: int32() },
  StablehloWhileOptions: { condSubgraphIndex: int32(), bodySubgraphIndex: int32() },
  StablehloGatherOptions: {
    offsetDims: vectorOf('int64'),
    collapsedSliceDims: vectorOf('int64'),
    startIndexMap: vectorOf('int64'),
    indexVectorDim: int64(),
    sliceSizes: vectorOf('int64'),
    indicesAreSorted: bool(),
  },
  StablehloTransposeOptions: { permutation: vectorOf('int64') },
  DilateOptions: {},
  StablehloRngBitGeneratorOptions: { algorithm: enumOf('RngAlgorithm') },
  ReduceWindowOptions: { reduceFunction: enumOf('ReduceWindowFunction') },
  StableHLOCompositeOptions: {
    name: string(),
    decompositionSubgraphIndex: int32(),
    compositeAttributes: vectorOf('uint8'),
    compositeAttributesFormat: enumOf('CustomOptionsFormat'),
    version: int32(),
  },
  StablehloShiftLeftOptions: {},
  StablehloCaseOptions: { branchSubgraphIndices: vectorOf('int32') },
} satisfies Tables;

export const tables = {
  ...modelTables,
  ...quantizationDetails,
  ...sparseIndexVectors,
  ...builtinOptions,
  ...builtinOptions2,
};

/** The tables that each union may hold. */
export const unions = {
  QuantizationDetails: quantizationDetails,
  SparseIndexVector: sparseIndexVectors,
  BuiltinOptions: builtinOptions,
  BuiltinOptions2: builtinOptions2,
} satisfies Record<string, Tables>;

/** Every builtin operator, in the order of its code, and its options table if it has one. */
export const builtinOperators = {
  ADD: 'AddOptions',
  AVERAGE_POOL_2D: 'Pool2DOptions',
  CONCATENATION: 'ConcatenationOptions',
  CONV_2D: 'Conv2DOptions',
  DEPTHWISE_CONV_2D: 'DepthwiseConv2DOptions',
  DEPTH_TO_SPACE: 'DepthToSpaceOptions',
  DEQUANTIZE: 'DequantizeOptions',
  EMBEDDING_LOOKUP: undefined,
  FLOOR: undefined,
  FULLY_CONNECTED: 'FullyConnectedOptions',
  HASHTABLE_LOOKUP: undefined,
  L2_NORMALIZATION: 'L2NormOptions',
  L2_POOL_2D: 'Pool2DOptions',
  LOCAL_RESPONSE_NORMALIZATION: 'LocalResponseNormalizationOptions',
  LOGISTIC: undefined,
  LSH_PROJECTION: 'LSHProjectionOptions',
  LSTM: 'LSTMOptions',
  MAX_POOL_2D: 'Pool2DOptions',
  MUL: 'MulOptions',
  RELU: undefined,
  RELU_N1_TO_1: undefined,
  RELU6: undefined,
  RESHAPE: 'ReshapeOptions',
  RESIZE_BILINEAR: 'ResizeBilinearOptions',
  RNN: 'RNNOptions',
  SOFTMAX: 'SoftmaxOptions',
  SPACE_TO_DEPTH: 'SpaceToDepthOptions',
  SVDF: 'SVDFOptions',
  TANH: undefined,
  CONCAT_EMBEDDINGS: 'ConcatEmbeddingsOptions',
  SKIP_GRAM: 'SkipGramOptions',
  CALL: 'CallOptions',
  CUSTOM: undefined,
  EMBEDDING_LOOKUP_SPARSE: 'EmbeddingLookupSparseOptions',
  PAD: 'PadOptions',
  UNIDIRECTIONAL_SEQUENCE_RNN: 'SequenceRNNOptions',
  GATHER: 'GatherOptions',
  BATCH_TO_SPACE_ND: 'BatchToSpaceNDOptions',
  SPACE_TO_BATCH_ND: 'SpaceToBatchNDOptions',
  TRANSPOSE: 'TransposeOptions',
  MEAN: 'ReducerOptions',
  SUB: 'SubOptions',
  DIV: 'DivOptions',
  SQUEEZE: 'SqueezeOptions',
  UNIDIRECTIONAL_SEQUENCE_LSTM: 'UnidirectionalSequenceLSTMOptions',
  STRIDED_SLICE: 'StridedSliceOptions',
  BIDIRECTIONAL_SEQUENCE_RNN: 'BidirectionalSequenceRNNOptions',
  EXP: 'ExpOptions',
  TOPK_V2: 'TopKV2Options',
  SPLIT: 'SplitOptions',
  LOG_SOFTMAX: 'LogSoftmaxOptions',
  DELEGATE: undefined,
  BIDIRECTIONAL_SEQUENCE_LSTM: 'BidirectionalSequenceLSTMOptions',
  CAST: 'CastOptions',
  PRELU: undefined,
  MAXIMUM: 'MaximumMinimumOptions',
  ARG_MAX: 'ArgMaxOptions',
  MINIMUM: 'MaximumMinimumOptions',
  LESS: 'LessOptions',
  NEG: 'NegOptions',
  PADV2: 'PadV2Options',
  GREATER: 'GreaterOptions',
  GREATER_EQUAL: 'GreaterEqualOptions',
  LESS_EQUAL: 'LessEqualOptions',
  SELECT: 'SelectOptions',
  SLICE: 'SliceOptions',
  SIN: undefined,
  TRANSPOSE_CONV: 'TransposeConvOptions',
  SPARSE_TO_DENSE: 'SparseToDenseOptions',
  TILE: 'TileOptions',
  EXPAND_DIMS: 'ExpandDimsOptions',
  EQUAL: 'EqualOptions',
  NOT_EQUAL: 'NotEqualOptions',
  LOG: undefined,
  SUM: 'ReducerOptions',
  SQRT: undefined,
  RSQRT: undefined,
  SHAPE: 'ShapeOptions',
  POW: 'PowOptions',
  ARG_MIN: 'ArgMinOptions',
  FAKE_QUANT: 'FakeQuantOptions',
  REDUCE_PROD: 'ReducerOptions',
  REDUCE_MAX: 'ReducerOptions',
  PACK: 'PackOptions',
  LOGICAL_OR: 'LogicalOrOptions',
  ONE_HOT: 'OneHotOptions',
  LOGICAL_AND: 'LogicalAndOptions',
  LOGICAL_NOT: 'LogicalNotOptions',
  UNPACK: 'UnpackOptions',
  REDUCE_MIN: 'ReducerOptions',
  FLOOR_DIV: 'FloorDivOptions',
  REDUCE_ANY: 'ReducerOptions',
  SQUARE: 'SquareOptions',
  ZEROS_LIKE: 'ZerosLikeOptions',
  FILL: 'FillOptions',
  FLOOR_MOD: 'FloorModOptions',
  RANGE: 'RangeOptions',
  RESIZE_NEAREST_NEIGHBOR: 'ResizeNearestNeighborOptions',
  LEAKY_RELU: 'LeakyReluOptions',
  SQUARED_DIFFERENCE: 'SquaredDifferenceOptions',
  MIRROR_PAD: 'MirrorPadOptions',
  ABS: 'AbsOptions',
  SPLIT_V: 'SplitVOptions',
  UNIQUE: 'UniqueOptions',
  CEIL: undefined,
  REVERSE_V2: 'ReverseV2Options',
  ADD_N: 'AddNOptions',
  GATHER_ND: 'GatherNdOptions',
  COS: 'CosOptions',
  WHERE: 'WhereOptions',
  RANK: 'RankOptions',
  ELU: undefined,
  REVERSE_SEQUENCE: 'ReverseSequenceOptions',
  MATRIX_DIAG: 'MatrixDiagOptions',
  QUANTIZE: 'QuantizeOptions',
  MATRIX_SET_DIAG: 'MatrixSetDiagOptions',
  ROUND: undefined,
  HARD_SWISH: 'HardSwishOptions',
  IF: 'IfOptions',
  WHILE: 'WhileOptions',
  NON_MAX_SUPPRESSION_V4: 'NonMaxSuppressionV4Options',
  NON_MAX_SUPPRESSION_V5: 'NonMaxSuppressionV5Options',
  SCATTER_ND: 'ScatterNdOptions',
  SELECT_V2: 'SelectV2Options',
  DENSIFY: 'DensifyOptions',
  SEGMENT_SUM: 'SegmentSumOptions',
  BATCH_MATMUL: 'BatchMatMulOptions',
  PLACEHOLDER_FOR_GREATER_OP_CODES: undefined,
  CUMSUM: 'CumsumOptions',
  CALL_ONCE: 'CallOnceOptions',
  BROADCAST_TO: 'BroadcastToOptions',
  RFFT2D: 'Rfft2dOptions',
  CONV_3D: 'Conv3DOptions',
  IMAG: undefined,
  REAL: undefined,
  COMPLEX_ABS: undefined,
  HASHTABLE: 'HashtableOptions',
  HASHTABLE_FIND: 'HashtableFindOptions',
  HASHTABLE_IMPORT: 'HashtableImportOptions',
  HASHTABLE_SIZE: 'HashtableSizeOptions',
  REDUCE_ALL: 'ReducerOptions',
  CONV_3D_TRANSPOSE: 'Conv3DOptions',
  VAR_HANDLE: 'VarHandleOptions',
  READ_VARIABLE: 'ReadVariableOptions',
  ASSIGN_VARIABLE: 'AssignVariableOptions',
  BROADCAST_ARGS: undefined,
  RANDOM_STANDARD_NORMAL: 'RandomOptions',
  BUCKETIZE: 'BucketizeOptions',
  RANDOM_UNIFORM: 'RandomOptions',
  MULTINOMIAL: 'RandomOptions',
  GELU: 'GeluOptions',
  DYNAMIC_UPDATE_SLICE: 'DynamicUpdateSliceOptions',
  RELU_0_TO_1: undefined,
  UNSORTED_SEGMENT_PROD: 'UnsortedSegmentProdOptions',
  UNSORTED_SEGMENT_MAX: 'UnsortedSegmentMaxOptions',
  UNSORTED_SEGMENT_SUM: 'UnsortedSegmentSumOptions',
  ATAN2: 'ATan2Options',
  UNSORTED_SEGMENT_MIN: 'UnsortedSegmentMinOptions',
  SIGN: 'SignOptions',
  BITCAST: 'BitcastOptions',
  BITWISE_XOR: 'BitwiseXorOptions',
  RIGHT_SHIFT: 'RightShiftOptions',
  STABLEHLO_LOGISTIC: undefined,
  STABLEHLO_ADD: undefined,
  STABLEHLO_DIVIDE: undefined,
  STABLEHLO_MULTIPLY: undefined,
  STABLEHLO_MAXIMUM: undefined,
  STABLEHLO_RESHAPE: undefined,
  STABLEHLO_CLAMP: undefined,
  STABLEHLO_CONCATENATE: 'StablehloConcatenateOptions',
  STABLEHLO_BROADCAST_IN_DIM: 'StablehloBroadcastInDimOptions',
  STABLEHLO_CONVOLUTION: 'StablehloConvolutionOptions',
  STABLEHLO_SLICE: 'StablehloSliceOptions',
  STABLEHLO_CUSTOM_CALL: 'StablehloCustomCallOptions',
  STABLEHLO_REDUCE: 'StablehloReduceOptions',
  STABLEHLO_ABS: undefined,
  STABLEHLO_AND: undefined,
  STABLEHLO_COSINE: undefined,
  STABLEHLO_EXPONENTIAL: undefined,
  STABLEHLO_FLOOR: undefined,
  STABLEHLO_LOG: undefined,
  STABLEHLO_MINIMUM: undefined,
  STABLEHLO_NEGATE: undefined,
  STABLEHLO_OR: undefined,
  STABLEHLO_POWER: undefined,
  STABLEHLO_REMAINDER: undefined,
  STABLEHLO_RSQRT: undefined,
  STABLEHLO_SELECT: undefined,
  STABLEHLO_SUBTRACT: undefined,
  STABLEHLO_TANH: undefined,
  STABLEHLO_SCATTER: 'StablehloScatterOptions',
  STABLEHLO_COMPARE: 'StablehloCompareOptions',
  STABLEHLO_CONVERT: undefined,
  STABLEHLO_DYNAMIC_SLICE: 'StablehloDynamicSliceOptions',
  STABLEHLO_DYNAMIC_UPDATE_SLICE: undefined,
  STABLEHLO_PAD: 'StablehloPadOptions',
  STABLEHLO_IOTA: 'StablehloIotaOptions',
  STABLEHLO_DOT_GENERAL: 'StablehloDotGeneralOptions',
  STABLEHLO_REDUCE_WINDOW: 'StablehloReduceWindowOptions',
  STABLEHLO_SORT: 'StablehloSortOptions',
  STABLEHLO_WHILE: 'StablehloWhileOptions',
  STABLEHLO_GATHER: 'StablehloGatherOptions',
  STABLEHLO_TRANSPOSE: 'StablehloTransposeOptions',
  DILATE: 'DilateOptions',
  STABLEHLO_RNG_BIT_GENERATOR: 'StablehloRngBitGeneratorOptions',
  REDUCE_WINDOW: 'ReduceWindowOptions',
  STABLEHLO_COMPOSITE: 'StableHLOCompositeOptions',
  STABLEHLO_SHIFT_LEFT: 'StablehloShiftLeftOptions',
  STABLEHLO_CBRT: undefined,
  STABLEHLO_CASE: 'StablehloCaseOptions',
} as const satisfies Record<string, keyof typeof builtinOptions | keyof typeof builtinOptions2 | undefined>;

/** A value outside of a closed enum is an error; newer files may bring new values of an open one, which keep their number. */
const closed = <const N extends string>(type: ScalarType, ...names: N[]) => ({ type, names, open: false }) as const;
const open = <const N extends string>(type: ScalarType, ...names: N[]) => ({ type, names, open: true }) as const;

export const enums = {
  TensorType: open(
    'int8',
    'FLOAT32',
    'FLOAT16',
    'INT32',
    'UINT8',
    'INT64',
    'STRING',
    'BOOL',
    'INT16',
    'COMPLEX64',
    'INT8',
    'FLOAT64',
    'COMPLEX128',
    'UINT64',
    'RESOURCE',
    'VARIANT',
    'UINT32',
    'UINT16',
    'INT4',
    'BFLOAT16',
    'INT2',
    'UINT4',
    'FLOAT8_E4M3FN',
    'FLOAT8_E5M2',
  ),
  DimensionType: closed('int8', 'DENSE', 'SPARSE_CSR'),
  BuiltinOperator: open('int32', ...(Object.keys(builtinOperators) as (keyof typeof builtinOperators)[])),
  StablehloComparisonDirection: closed(
    'uint32',
    'STABLEHLO_COMPARISON_DIRECTION_EQ',
    'STABLEHLO_COMPARISON_DIRECTION_NE',
    'STABLEHLO_COMPARISON_DIRECTION_GE',
    'STABLEHLO_COMPARISON_DIRECTION_GT',
    'STABLEHLO_COMPARISON_DIRECTION_LE',
    'STABLEHLO_COMPARISON_DIRECTION_LT',
  ),
  StablehloComparisonType: closed(
    'uint32',
    'STABLEHLO_COMPARISON_TYPE_NOTYPE',
    'STABLEHLO_COMPARISON_TYPE_FLOAT',
    'STABLEHLO_COMPARISON_TYPE_FLOAT_TOTAL_ORDER',
    'STABLEHLO_COMPARISON_TYPE_SIGNED',
    'STABLEHLO_COMPARISON_TYPE_UNSIGNED',
  ),
  RngAlgorithm: closed('int8', 'DEFAULT', 'PHILOX', 'THREEFRY'),
  Padding: closed('int8', 'SAME', 'VALID'),
  ActivationFunctionType: closed('int8', 'NONE', 'RELU', 'RELU_N1_TO_1', 'RELU6', 'TANH', 'SIGN_BIT'),
  LSHProjectionType: closed('int8', 'UNKNOWN', 'SPARSE', 'DENSE'),
  FullyConnectedOptionsWeightsFormat: closed('int8', 'DEFAULT', 'SHUFFLED4x16INT8'),
  LSTMKernelType: closed('int8', 'FULL', 'BASIC'),
  CombinerType: closed('int8', 'SUM', 'MEAN', 'SQRTN'),
  MirrorPadMode: closed('int8', 'REFLECT', 'SYMMETRIC'),
  ReduceWindowFunction: closed('int32', 'UNSUPPORTED', 'ADD', 'MUL', 'MINIMUM', 'MAXIMUM', 'ALL', 'ANY'),
  CustomOptionsFormat: closed('int8', 'FLEXBUFFERS'),
};

export type TableName = keyof typeof tables;
export type UnionName = keyof typeof unions;
export type EnumName = keyof typeof enums;

/** The name of an enum's value; an open enum's value without a name is the enum and the number, `TensorType 25`. */
export type Enum<E extends EnumName> =
  | (typeof enums)[E]['names'][number]
  | ((typeof enums)[E]['open'] extends true ? `${E} ${number}` : never);

/** The name of the table that a union holds, 'NONE', or the union and the code of a member that is not declared here. */
export type UnionType<U extends UnionName> = keyof (typeof unions)[U] | 'NONE' | `${U} ${number}`;

type Value<F> = F extends { kind: 'scalar'; type: infer T extends ScalarType }
  ? ScalarValue<T>
  : F extends { kind: 'vector'; type: infer T extends ScalarType }
    ? Vector<T> | undefined
    : F extends { kind: 'string' }
      ? string | undefined
      : F extends { kind: 'enum'; enum: infer E extends EnumName }
        ? Enum<E>
        : F extends { kind: 'table'; table: infer N extends TableName }
          ? Table<N> | undefined
          : F extends { kind: 'vectorOfTables'; table: infer N extends TableName }
            ? readonly Table<N>[] | undefined
            : F extends { kind: 'union'; union: infer U extends UnionName }
              ? Table<keyof (typeof unions)[U] & TableName> | undefined
              : never;

type Fields<T> = {
  readonly [K in keyof T as T[K] extends { kind: 'deprecated' } ? never : K]: Value<T[K]>;
} & {
  readonly [K in keyof T & string as T[K] extends { kind: 'union' } ? `${K}Type` : never]: T[K] extends {
    union: infer U extends UnionName;
  }
    ? UnionType<U>
    : never;
};

/**
 * A table as a plain object: every field is there, absent scalars with their default, absent strings, vectors and tables as
 * undefined. A union is two fields, `details` and `detailsType`.
 */
export type Table<N extends TableName> = N extends TableName ? Fields<(typeof tables)[N]> : never;

/** A field as the reader, the builder and the printer see it; `size` is its bytes in the table, of a union's those of its type. */
export type Field = { readonly name: string; readonly slot: number; readonly size: number } & (
  | Exclude<AnyField, { kind: 'enum' | 'table' | 'vectorOfTables' | 'union' | 'deprecated' }>
  | { readonly kind: 'enum'; readonly enum: EnumName; readonly default: number }
  | { readonly kind: 'table' | 'vectorOfTables'; readonly table: TableName }
  | { readonly kind: 'union'; readonly union: UnionName }
);

function layOut(table: Record<string, AnyField>): Field[] {
  let next = 0;
  const fields: Field[] = [];
  for (const [name, field] of Object.entries(table)) {
    const slot = next;
    next += field.kind === 'union' ? 2 : 1;
    if (field.kind !== 'deprecated') fields.push({ name, slot, size: inlineSize(field as Field), ...field } as Field);
  }
  return fields;
}

function inlineSize(field: Field): number {
  if (field.kind === 'scalar') return vectors[field.type].BYTES_PER_ELEMENT;
  if (field.kind === 'enum') return vectors[enums[field.enum].type].BYTES_PER_ELEMENT;
  return field.kind === 'union' ? 1 : 4;
}

const mapValues = <K extends string, V, R>(record: Record<K, V>, f: (value: V) => R) =>
  Object.fromEntries(Object.entries<V>(record).map(([key, value]) => [key, f(value)])) as Record<K, R>;

export const layouts: Record<TableName, readonly Field[]> = mapValues<TableName, Tables[string], Field[]>(
  tables,
  layOut,
);

/** The members of each union, in the order of their type codes: the first has code 1. */
export const unionMembers: Record<UnionName, readonly TableName[]> = mapValues<UnionName, object, TableName[]>(
  unions,
  (members) => Object.keys(members) as TableName[],
);
