"""FlexBuffers as Python's flatbuffers package writes them: python flexbuffers.py > flexbuffers.jsonl, a map and its bytes a line.

Needs flatbuffers==25.12.19, which writes no numbers beyond float32's range.
"""

import json

import numpy as np
from flatbuffers import flexbuffers

random = np.random.default_rng(1)
MAPS = 120


def integer():
    bits = int(random.integers(0, 53))
    return int(random.integers(-(2**bits), 2**bits))


def real():
    if random.random() < 0.5:
        return float(np.float32(random.normal()))
    return float(random.normal()) * 10.0 ** int(random.integers(-40, 37))


def text():
    return "".join(random.choice(list("abcXYZ _äß漢")) for _ in range(random.integers(0, 12)))


def key():
    return "".join(random.choice(list("abcde_")) for _ in range(random.integers(1, 6)))


def vector(depth):
    size = int(random.integers(0, 7))
    kind = random.choice(["integers", "reals", "mixed"])
    if kind == "integers":
        return [integer() for _ in range(size)]
    return [real() for _ in range(size)] if kind == "reals" else [value(depth + 1) for _ in range(size)]


def mapping(depth=0):
    return {key(): value(depth + 1) for _ in range(random.integers(0, 6))}


def value(depth):
    makers = [integer, real, text, lambda: bool(random.integers(2)), lambda: None]
    if depth < 4:
        makers += [lambda: vector(depth), lambda: mapping(depth)]
    return random.choice(makers)()


def dump(builder, item, name):
    """As flexbuffers.Dumps, but with typed vectors and indirect numbers here and there."""
    if name is not None:
        builder.Key(name)
    if isinstance(item, dict):
        with builder.Map():
            for inner, element in item.items():
                dump(builder, element, inner)
    elif isinstance(item, list):
        numbers = {type(element) for element in item}
        if item and numbers in ({int}, {float}) and random.random() < 0.7:
            fixed = len(item) in (2, 3, 4) and random.random() < 0.5
            (builder.FixedTypedVectorFromElements if fixed else builder.TypedVectorFromElements)(item)
        else:
            with builder.Vector():
                for element in item:
                    dump(builder, element, None)
    elif isinstance(item, bool):
        builder.Bool(item)
    elif isinstance(item, int):
        (builder.IndirectInt if random.random() < 0.2 else builder.Int)(item)
    elif isinstance(item, float):
        (builder.IndirectFloat if random.random() < 0.2 else builder.Float)(item)
    elif isinstance(item, str):
        builder.String(item)
    else:
        builder.Null()


for _ in range(MAPS):
    item = mapping()
    builder = flexbuffers.Builder()
    dump(builder, item, None)
    print(json.dumps({"map": item, "bytes": builder.Finish().hex()}))
