/** Where an error was found; every field that is known is set. */
export interface ErrorPlace {
  /** The operator, as the schema names it: 'CONV_2D', or a custom operator's own name. */
  op?: string | undefined;
  /** Index of the node in its subgraph. */
  node?: number | undefined;
  /** Index of the tensor in its subgraph. */
  tensor?: number | undefined;
  /** Path inside the file, as in `subgraphs[0].tensors[3].shape`. */
  path?: string | undefined;
  /** Byte offset in the file. */
  offset?: number | undefined;
}

/**
 * What requant throws, always one of the four classes below (and of requant/pool a ThreadError); anything else that is thrown
 * is a bug in requant.
 */
export abstract class RequantError extends Error implements ErrorPlace {
  abstract override readonly name: string; // written out: bundlers rename classes
  abstract readonly code: string;
  readonly op: string | undefined;
  readonly node: number | undefined;
  readonly tensor: number | undefined;
  readonly path: string | undefined;
  readonly offset: number | undefined;

  constructor(message: string, place: ErrorPlace = {}, options?: ErrorOptions) {
    super(message, options);
    this.op = place.op;
    this.node = place.node;
    this.tensor = place.tensor;
    this.path = place.path;
    this.offset = place.offset;
  }
}

/** The file is wrong: cut, garbled, or a model that contradicts itself. */
export class ModelError extends RequantError {
  override readonly name = 'ModelError';
  readonly code = 'MODEL';
}

/** A node that is not supported, and why. */
export interface UnsupportedNode {
  readonly op: string;
  readonly node: number;
  readonly reason: string;
}

/** The file is right, but asks for what requant does not do. */
export class UnsupportedError extends RequantError {
  override readonly name = 'UnsupportedError';
  readonly code = 'UNSUPPORTED';
  /** Every node that it is about. */
  readonly nodes: readonly UnsupportedNode[];

  constructor(message: string, place: ErrorPlace = {}, nodes: readonly UnsupportedNode[] = []) {
    super(message, place);
    this.nodes = nodes;
  }
}

/** The caller is wrong: the wrong input, type, length, option or name. */
export class InputError extends RequantError {
  override readonly name = 'InputError';
  readonly code = 'INPUT';
}

/** The model is right, but larger than the limits it is run under. */
export class LimitError extends RequantError {
  override readonly name = 'LimitError';
  readonly code = 'LIMIT';
}
