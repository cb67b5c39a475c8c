/**
 * VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE: values that outlive an invoke, by name.
 *
 * Equals: var_handle.cc, read_variable.cc, assign_variable.cc. Deviations: a variable keeps its type and shape.
 */
import { InputError } from '../errors.ts';
import { type Eval, type Node, operator, type Resource } from '../kernel.ts';
import { copy } from '../shared/copy.ts';
import { isSameShape, Tensor, viewOf } from '../tensor.ts';

interface Options {
  container?: string;
  sharedName?: string;
}

function prepareHandle(node: Node) {
  const { container = '', sharedName = '' } = node.options<Options>();
  node.readsShapesOnly = true; // the handle is known from now on
  return { output: node.output(0, [], 'resource'), number: node.callees.resourceNumber(`${container}/${sharedName}`) };
}

function bindHandle({ output, number }: ReturnType<typeof prepareHandle>): Eval {
  return () => {
    output.data[0] = number;
  };
}

export const VAR_HANDLE = operator(prepareHandle, bindHandle);

/** The variable's memory, made for the first node that uses it; the others must agree with it. */
function prepareVariable(node: Node, resource: Resource, like: Tensor): Tensor {
  const { dtype, shape } = like;
  resource.tensor ??= allocated(node, new Tensor(-1, resource.name, dtype, shape));
  const { tensor } = resource;
  node.require(
    tensor.dtype === dtype && isSameShape(tensor.shape, shape),
    `variable '${resource.name}' is ${tensor.dtype} [${tensor.shape}], ${like} is ${dtype} [${shape}]`,
  );
  return tensor;
}

function allocated(node: Node, tensor: Tensor): Tensor {
  tensor.data = viewOf(tensor.dtype, node.callees.allocate(tensor.byteLength), 0, tensor.size);
  return tensor;
}

function prepareRead(node: Node) {
  const resource = node.resource(0);
  const output = node.outputs[0];
  node.require(output !== undefined, 'output 0 is missing');
  node.hasState = true;
  const value = prepareVariable(node, resource, node.output(0, resource.tensor?.shape ?? output.shape));
  return { node, resource, value, output };
}

function bindRead({ node, resource, value, output }: ReturnType<typeof prepareRead>): Eval {
  const read = copy(value, output);
  return () => {
    if (!resource.assigned) throw new InputError(`${node} reads variable '${resource.name}' before it is assigned`);
    read();
  };
}

export const READ_VARIABLE = operator(prepareRead, bindRead);

function prepareAssign(node: Node) {
  const resource = node.resource(0);
  const input = node.input(1);
  return { resource, input, value: prepareVariable(node, resource, input) };
}

function bindAssign({ resource, input, value }: ReturnType<typeof prepareAssign>): Eval {
  const assign = copy(input, value);
  return () => {
    assign();
    resource.assigned = true;
  };
}

export const ASSIGN_VARIABLE = operator(prepareAssign, bindAssign);
