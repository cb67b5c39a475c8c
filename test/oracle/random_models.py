#!/usr/bin/env python3
"""
Makes random models of one operator each, with the answers of TFLite's reference kernels (BUILTIN_REF, one thread).

Needs ai-edge-litert, which brings flatbuffers, and numpy; --tflm needs tflite-micro too. Writes for each case
OUT/<OP>/<type>_<n>.tflite and .npz, as `requant verify OUT` reads them; with --zip one OUT/<OP>.zip an operator, as
test/kernels/recorded.test.ts does. A case depends only on its operator, type, number and --seed. Cases that a runtime
refuses, dies of, or answers twice with different bits are left out and counted.
"""

import argparse
import importlib.metadata
import json
import math
import pathlib
import zipfile
from collections import Counter

import numpy as np

from draw import RUNS
from graph import describe, to_bytes
from operators import TABLE, make_case
from witness import Died, Refused, Witness


def main():
    options = parse()
    if options.list:
        for op, types in TABLE.items():
            print(op, *types)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    totals = Counter()
    for op in options.ops:
        recorded = []
        for dtype, (_, share) in TABLE[op].items():
            if options.types and not set(dtype.split("-")) & set(options.types):
                continue
            counts, why = Counter(), ""
            for number in range(math.ceil(options.count * share)):
                fate, case = record(op, dtype, options.seed, number, options.tflm)
                counts[fate] += 1
                if fate == "recorded":
                    recorded.append(case)
                    if "tflm" in case:
                        counts[f"tflm {case['tflm']}"] += 1
                else:
                    why = why or f"  first: {number}, {case}"
            print(f"{op} {dtype}:", ", ".join(f"{n} {fate}" for fate, n in sorted(counts.items())) + why, flush=True)
            totals += counts
        (write_zip if options.zip else write_files)(options, op, recorded)
    print(f"seed {options.seed}:", ", ".join(f"{n} {fate}" for fate, n in sorted(totals.items())))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    listed = lambda text: text.split(",")
    parser.add_argument("--ops", type=listed, default=list(TABLE), help="A,B (default: all)")
    parser.add_argument("--types", type=listed, help="int8,int16 (default: all that the operator has)")
    parser.add_argument(
        "--count", type=int, default=10, help="cases of each operator and type (a third where values are only moved)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=pathlib.Path, help="folder to write to")
    parser.add_argument("--zip", action="store_true", help="one container an operator in place of files")
    parser.add_argument("--tflm", action="store_true", help="ask TensorFlow Lite Micro too")
    parser.add_argument("--list", action="store_true", help="print the operators and their types")
    options = parser.parse_args()
    unknown = [op for op in options.ops if op not in TABLE]
    if unknown:
        parser.error(f"no such operator: {', '.join(unknown)}")
    if not options.list and options.out is None:
        parser.error("--out is missing")
    return options


WITNESSES = [Witness(0x55), Witness(0xAA)]


def record(op, dtype, seed, number, tflm):
    """('recorded', the case), or its fate and why."""
    graph = make_case(op, dtype, seed, number)
    runs = [[tensor.runs[run] for tensor in graph.inputs] for run in range(RUNS)]
    try:
        first = WITNESSES[0].answers("tflite", to_bytes(graph), runs)
        for tensor, answer in zip(graph.outputs, first[0], strict=True):
            tensor.shape = answer.shape
        model = to_bytes(graph)
        second = WITNESSES[1].answers("tflite", model, runs, reverse=not graph.is_stateful)
    except (Refused, Died) as error:
        return type(error).__name__.lower(), f"{error} {describe(graph)}"
    if not same(first, second):
        return "unstable", describe(graph)
    case = {"type": dtype, "number": number, "model": model, "inputs": stacked(runs), "outputs": stacked(second)}
    case |= {"text": describe(graph), "operators": [node.op for part in graph.subgraphs for node in part.nodes]}
    micro = tflm_answers(model, runs, graph.is_stateful) if tflm and graph.tflm else None
    if micro:
        case["tflm"] = "same" if same(micro, second) else "different"
        case["tflm_outputs"] = stacked(micro)
    return "recorded", case


def tflm_answers(model, runs, is_stateful):
    try:
        first, second = (
            witness.answers("tflm", model, runs, reverse=witness is WITNESSES[1] and not is_stateful)
            for witness in WITNESSES
        )
    except (Refused, Died):
        return None
    return first if same(first, second) else None


def same(a, b):
    bits = lambda answers: [[(x.dtype, x.shape, x.tobytes()) for x in run] for run in answers]
    return bits(a) == bits(b)


def stacked(runs):
    """One array for each tensor, the runs in front."""
    return [np.stack(arrays) for arrays in zip(*runs)]


def write_files(options, op, cases):
    folder = options.out / op
    folder.mkdir(exist_ok=True)
    for case in cases:
        path = folder / f"{case['type']}_{case['number']}"
        path.with_suffix(".tflite").write_bytes(case["model"])
        arrays = {f"{kind}_{i}": array for kind in ("input", "output") for i, array in enumerate(case[f"{kind}s"])}
        np.savez_compressed(path.with_suffix(".npz"), **arrays)
    (folder / "cases.txt").write_text("".join(f"{case['type']}_{case['number']} {case['text']}\n" for case in cases))


def write_zip(options, op, cases):
    """cases.json says what follows what in models.bin and values.bin: that way the compression sees them as one."""
    index, models, values = [], [], []
    signature = lambda arrays: [[array.dtype.name, *array.shape[1:]] for array in arrays]
    for case in cases:
        entry = {key: case[key] for key in ("type", "number", "tflm") if key in case}
        entry |= {
            "model": len(case["model"]),
            "inputs": signature(case["inputs"]),
            "outputs": signature(case["outputs"]),
        }
        index.append(entry)
        models.append(case["model"])
        arrays = case["inputs"] + case["outputs"] + (case["tflm_outputs"] if case.get("tflm") == "different" else [])
        values += [array.tobytes() for array in arrays]
    operators = sorted({name for case in cases for name in case["operators"]})
    header = {"operators": operators, "seed": options.seed, "runs": RUNS, "made by": versions(options.tflm)}
    text = json.dumps(header)[:-1] + ', "cases": [\n' + ",\n".join(map(json.dumps, index)) + "\n]}\n"
    with zipfile.ZipFile(options.out / f"{op}.zip", "w") as file:
        for name, content in (("cases.json", text), ("models.bin", b"".join(models)), ("values.bin", b"".join(values))):
            file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)


def versions(tflm):
    packages = ["ai-edge-litert", "numpy"] + ["tflite-micro"] * tflm
    return {package: importlib.metadata.version(package) for package in packages}


if __name__ == "__main__":
    main()
