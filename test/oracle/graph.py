"""A model written down as Python objects, and its bytes as a .tflite file.

The graph inputs are the tensors that hold values for each run; the graph outputs are what nodes write and no node
reads. Subgraphs of control flow name theirs.
"""

from dataclasses import dataclass, field

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

NUMPY = {"int4": np.int8, "bool": np.bool_}  # where NumPy's name is not TFLite's, or there is no such type


def numpy_type(dtype):
    return np.dtype(NUMPY.get(dtype, dtype)) if dtype != "resource" else None


@dataclass(eq=False)
class Tensor:
    dtype: str
    shape: tuple = ()
    scale: object = None  # one, or one for each index of `axis`; None if not quantized
    zero_point: object = 0
    axis: int = 0
    data: np.ndarray = None  # of a constant
    runs: list = None  # of a graph input: its values in each run
    variable: bool = False
    stored: object = None  # of float32 weights: the integers of the file that a DEQUANTIZE makes them of


@dataclass(eq=False)
class Node:
    op: str
    inputs: list  # None where an optional input is left out
    outputs: list
    options: object = None  # an ...OptionsT of the schema; in place of a subgraph's index, a Graph
    custom: bytes = None
    intermediates: list = field(default_factory=list)
    version: int = 1


@dataclass(eq=False)
class Graph:
    nodes: list
    inputs: list = None
    outputs: list = None
    undefined: tuple = ()  # profiles whose answer C++ leaves undefined

    def __post_init__(self):
        read = [t for node in self.nodes for t in node.inputs if t is not None]
        written = [t for node in self.nodes for t in node.outputs]
        if self.inputs is None:
            self.inputs = unique(t for t in read if t.runs is not None)
        if self.outputs is None:
            self.outputs = [t for t in written if t not in read]

    @property
    def tensors(self):
        of_nodes = (t for n in self.nodes for t in [*n.inputs, *n.outputs, *n.intermediates] if t is not None)
        return unique([*self.inputs, *of_nodes])

    @property
    def subgraphs(self):
        """Itself and the graphs that options name, depth first."""
        fields = (value for node in self.nodes if node.options for value in vars(node.options).values())
        inner = [value for value in fields if isinstance(value, Graph)]
        return [self, *(s for g in inner for s in g.subgraphs)]

    @property
    def is_stateful(self):
        return any(t.variable or t.dtype == "resource" for g in self.subgraphs for t in g.tensors)


def unique(items):
    return list(dict.fromkeys(items))


def to_bytes(graph):
    return Writer(graph).bytes()


class Writer:
    def __init__(self, graph):
        self.graphs = graph.subgraphs
        self.buffers = [schema.BufferT()]  # buffer 0 stands for no data
        self.codes = unique((node.op, node.version) for g in self.graphs for node in g.nodes)

    def bytes(self):
        model = schema.ModelT()
        model.version = 3
        model.subgraphs = [self.subgraph(graph) for graph in self.graphs]
        model.operatorCodes = [self.code(*code) for code in self.codes]
        model.buffers = self.buffers
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def code(self, op, version):
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, op, schema.BuiltinOperator.CUSTOM)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = version
        if code.builtinCode == schema.BuiltinOperator.CUSTOM:
            code.customCode = op
        return code

    def subgraph(self, graph):
        tensors = graph.tensors
        index = {tensor: i for i, tensor in enumerate(tensors)}
        index[None] = -1
        indices = lambda listed: np.array([index[t] for t in listed], np.int32)
        table = schema.SubGraphT()
        table.tensors = [self.tensor(tensor, i) for i, tensor in enumerate(tensors)]
        table.inputs, table.outputs = indices(graph.inputs), indices(graph.outputs)
        table.operators = []
        for node in graph.nodes:
            operator = schema.OperatorT()
            operator.opcodeIndex = self.codes.index((node.op, node.version))
            operator.inputs, operator.outputs = indices(node.inputs), indices(node.outputs)
            if node.intermediates:
                operator.intermediates = indices(node.intermediates)
            if node.custom is not None:
                operator.customOptions = np.frombuffer(node.custom, np.uint8)
            if node.options is not None:
                kind = type(node.options)
                operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind.__name__.removesuffix("T"))
                operator.builtinOptions = kind(
                    **{
                        name: self.graphs.index(value) if isinstance(value, Graph) else value
                        for name, value in vars(node.options).items()
                    }
                )
            table.operators.append(operator)
        return table

    def tensor(self, tensor, i):
        table = schema.TensorT()
        table.name = f"t{i}"
        table.type = getattr(schema.TensorType, tensor.dtype.upper())
        table.shape = np.array(tensor.shape, np.int32)
        table.hasRank = True
        table.isVariable = tensor.variable
        table.buffer = 0
        if tensor.scale is not None:
            scales = np.atleast_1d(np.asarray(tensor.scale, np.float32))
            table.quantization = schema.QuantizationParametersT()
            table.quantization.scale = scales
            table.quantization.zeroPoint = np.broadcast_to(np.asarray(tensor.zero_point, np.int64), scales.shape).copy()
            table.quantization.quantizedDimension = tensor.axis
        if tensor.data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(packed(tensor), np.uint8)
            table.buffer = len(self.buffers)
            self.buffers.append(buffer)
        return table


def packed(tensor):
    """A constant's bytes; int4 goes two to a byte, the first in the low half."""
    data = np.ascontiguousarray(tensor.data, numpy_type(tensor.dtype))
    if tensor.dtype != "int4":
        return data.tobytes()
    nibbles = data.reshape(-1).view(np.uint8) & 15
    nibbles = np.append(nibbles, np.zeros(nibbles.size % 2, np.uint8))
    return (nibbles[0::2] | nibbles[1::2] << 4).tobytes()


def describe(graph):
    """One line for people: operators, options, types, shapes and scales."""

    def tensor(t):
        if t is None:
            return "-"
        text = f"{t.dtype}[{','.join(map(str, t.shape))}]"
        if t.scale is not None:
            scales = np.atleast_1d(t.scale)
            text += f"*{scales[0]:.9g}" + (f"..({len(scales)})" if len(scales) > 1 else "")
            text += f"@{np.atleast_1d(t.zero_point)[0]}"
        return text + (" const" if t.data is not None else " variable" if t.variable else "")

    def node(n):
        given = {} if n.options is None else vars(n.options)
        options = " ".join(
            f"{k}={v}" for k, v in given.items() if not isinstance(v, Graph) and v is not None and v is not False
        )
        return f"{n.op}({', '.join(map(tensor, n.inputs))}) -> {', '.join(map(tensor, n.outputs))}" + (
            f" {options}" if options else ""
        )

    return "; ".join(node(n) for g in graph.subgraphs for n in g.nodes)
