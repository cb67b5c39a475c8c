/** Errors as plain data: what is thrown in one thread, and caught in another, keeps its class and fields. */
import {
  type ErrorPlace,
  InputError,
  LimitError,
  ModelError,
  RequantError,
  UnsupportedError,
  type UnsupportedNode,
} from '../../kernels/errors.ts';

export interface Failure {
  /** Of a RequantError; anything else is a bug, and remains one. */
  readonly code: string | undefined;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly place: ErrorPlace;
  readonly nodes: readonly UnsupportedNode[];
}

export function pack(error: unknown): Failure {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  if (!(error instanceof RequantError)) return { code: undefined, name, message, stack, place: {}, nodes: [] };
  const { code, op, node, tensor, path, offset } = error;
  const nodes = error instanceof UnsupportedError ? error.nodes : [];
  return { code, name, message, stack, place: { op, node, tensor, path, offset }, nodes };
}

export function unpack({ code, name, message, stack, place, nodes }: Failure): Error {
  const error = create(code, message, place, nodes);
  return Object.assign(error, stack !== undefined && { stack }, code === undefined && { name });
}

function create(
  code: string | undefined,
  message: string,
  place: ErrorPlace,
  nodes: readonly UnsupportedNode[],
): Error {
  switch (code) {
    case 'MODEL':
      return new ModelError(message, place);
    case 'UNSUPPORTED':
      return new UnsupportedError(message, place, nodes);
    case 'INPUT':
      return new InputError(message, place);
    case 'LIMIT':
      return new LimitError(message, place);
    default:
      return new Error(message);
  }
}
