#!/usr/bin/env python3
"""
Makes random models of one operator each, with the answers of TFLite's reference kernels (BUILTIN_REF, one thread; of ELU, CEIL and ROUND the optimized ones), and
those that the programs of other profiles give.

Needs ai-edge-litert, which brings flatbuffers, and numpy; what other profiles need is in README.md. Writes for each case
OUT/<profile>/<OP>/<type>_<n>.tflite and .npz, as `requant verify --profile <profile> OUT/<profile>` reads them; with
--zip one OUT/<OP>.zip an operator, as test/kernels/recorded.test.ts does. A case depends only on its operator, type,
number and --seed. Cases that a runtime refuses, dies of, or answers twice with different bits are left out and counted.
"""

import argparse
import importlib.metadata
import io
import json
import math
import pathlib
import subprocess
import zipfile
from collections import Counter

import numpy as np

from draw import RUNS
from graph import describe, to_bytes
from operators import TABLE, make_case
from witness import PROGRAMS, Died, Refused, Witness

# Every profile besides tflite, and the one whose answer its own is most often.
OTHERS = {"tflite-2.19": "tflite", "tflm": "tflite", "single-rounding": "tflm", "xnnpack": "tflite"}
WITNESSES = {profile: [Witness(program, fill) for fill in (0x55, 0xAA)] for profile, program in PROGRAMS.items()}


def main():
    options = parse()
    if options.list:
        for op, types in TABLE.items():
            print(op, *types)
        return
    print("profiles:", ", ".join(("tflite", *options.profiles)), flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    check_programs(options.profiles)
    if options.add:
        add_profile(options)
        return
    made_by = versions(options.profiles)
    totals = Counter()
    for op in options.ops:
        recorded = []
        for dtype, (_, share) in TABLE[op].items():
            if options.types and not set(dtype.split("-")) & set(options.types):
                continue
            counts, why = Counter(), ""
            for number in range(math.ceil(options.count * share)):
                fate, case = record(op, dtype, options.seed, number, options.profiles)
                counts[fate] += 1
                if fate == "recorded":
                    recorded.append(case)
                    counts.update(f"{profile} {how}" for profile, how in case["others"].items())
                else:
                    why = why or f"  first: {number}, {case}"
            print(f"{op} {dtype}:", ", ".join(f"{n} {fate}" for fate, n in sorted(counts.items())) + why, flush=True)
            totals += counts
        if options.zip:
            write_zip(options, op, recorded, made_by)
        else:
            write_files(options, op, recorded)
    print(f"seed {options.seed}:", ", ".join(f"{n} {fate}" for fate, n in sorted(totals.items())))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    listed = lambda text: [name for name in text.split(",") if name]
    parser.add_argument("--ops", type=listed, default=list(TABLE), help="A,B (default: all)")
    parser.add_argument("--types", type=listed, help="int8,int16 (default: all that the operator has)")
    parser.add_argument(
        "--count", type=int, default=10, help="cases of each operator and type (a third where values are only moved)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=pathlib.Path, help="folder to write to")
    parser.add_argument("--zip", action="store_true", help="one container an operator in place of files")
    parser.add_argument(
        "--profiles",
        type=listed,
        default=[profile for profile in OTHERS if profile in PROGRAMS],
        help="whom to ask besides TFLite (default: all that are installed)",
    )
    parser.add_argument("--add", metavar="PROFILE", help="asks this one too about what OUT/<OP>.zip has, and nothing else")
    parser.add_argument("--list", action="store_true", help="print the operators and their types")
    options = parser.parse_args()
    unknown = [op for op in options.ops if op not in TABLE]
    if unknown:
        parser.error(f"no such operator: {', '.join(unknown)}")
    if options.add:
        options.profiles = [options.add]
    missing = [profile for profile in options.profiles if profile not in PROGRAMS]
    if missing:
        parser.error(f"not installed: {', '.join(missing)}")
    if not options.list and options.out is None:
        parser.error("--out is missing")
    return options


def check_programs(profiles):
    """Ends here if a program does not answer at all; later, that would look as if it refused every model."""
    graph = make_case("RELU", "int8", 0, 0)
    runs = [[tensor.runs[run] for tensor in graph.inputs] for run in range(RUNS)]
    for profile in ("tflite", *profiles):
        witness = WITNESSES[profile][0]
        try:
            witness.answers(to_bytes(graph), runs)
        except (Refused, Died, OSError) as error:
            command = " ".join(map(str, witness.command))
            raise SystemExit(f"{profile}: no answer from {command}: {error}. See test/oracle/README.md") from None


def record(op, dtype, seed, number, profiles):
    """('recorded', the case), or its fate and why."""
    graph = make_case(op, dtype, seed, number)
    runs = [[tensor.runs[run] for tensor in graph.inputs] for run in range(RUNS)]
    try:
        first = WITNESSES["tflite"][0].answers(to_bytes(graph), runs)
        for tensor, answer in zip(graph.outputs, first[0], strict=True):
            tensor.shape = answer.shape
        model = to_bytes(graph)
        second = WITNESSES["tflite"][1].answers(model, runs, reverse=not graph.is_stateful)
    except (Refused, Died) as error:
        return type(error).__name__.lower(), f"{error} {describe(graph)}"
    if not same(first, second):
        return "unstable", describe(graph)
    answers = {"tflite": second}
    others = {}
    for profile in profiles:
        usual = answers.get(OTHERS[profile])
        is_asked = usual and profile not in graph.undefined and not (profile == "xnnpack" and is_float(dtype))
        answer = ask(profile, model, runs, graph.is_stateful) if is_asked else None
        if answer:
            answers[profile] = answer
            others[profile] = "same" if same(answer, usual) else "different"
    return "recorded", {
        "type": dtype,
        "number": number,
        "model": model,
        "inputs": stacked(runs),
        "outputs": {profile: stacked(answer) for profile, answer in answers.items()},
        "others": others,
        "text": describe(graph),
        "operators": [node.op for part in graph.subgraphs for node in part.nodes],
    }


def is_float(dtype):
    """Whether the default interpreter's answer depends on the processor: it computes in float32."""
    return dtype == "float32" or dtype.startswith("hybrid") or dtype.endswith("weights")


def ask(profile, model, runs, is_stateful):
    """The runs' outputs; None if there are none, or two."""
    first, second = WITNESSES[profile]
    try:
        answers = first.answers(model, runs)
        return answers if same(answers, second.answers(model, runs, reverse=not is_stateful)) else None
    except (Refused, Died):
        return None


def same(a, b):
    bits = lambda answers: [[(x.dtype, x.shape, x.tobytes()) for x in run] for run in answers]
    return bits(a) == bits(b)


def stacked(runs):
    """One array for each tensor, the runs in front."""
    return [np.stack(arrays) for arrays in zip(*runs)]


def write_files(options, op, cases):
    for profile in ("tflite", *options.profiles):
        folder = options.out / profile / op
        folder.mkdir(parents=True, exist_ok=True)
        answered = [case for case in cases if profile in case["outputs"]]
        for case in answered:
            path = folder / f"{case['type']}_{case['number']}"
            path.with_suffix(".tflite").write_bytes(case["model"])
            arrays = {f"input_{i}": array for i, array in enumerate(case["inputs"])}
            arrays |= {f"output_{i}": array for i, array in enumerate(case["outputs"][profile])}
            np.savez_compressed(path.with_suffix(".npz"), **arrays)
        (folder / "cases.txt").write_text("".join(f"{c['type']}_{c['number']} {c['text']}\n" for c in answered))


def write_zip(options, op, cases, made_by):
    """cases.json says what follows what in models.bin and values.bin: that way the compression sees them as one."""
    cases = kept_cases(options, op, cases) + cases
    index, models, values = [], [], []
    signature = lambda arrays: [[array.dtype.name, *array.shape[1:]] for array in arrays]
    for case in cases:
        outputs = case["outputs"]
        entry = {"type": case["type"], "number": case["number"], **case["others"]}
        entry |= {
            "model": len(case["model"]),
            "inputs": signature(case["inputs"]),
            "outputs": signature(outputs["tflite"]),
        }
        index.append(entry)
        models.append(case["model"])
        different = [profile for profile, how in case["others"].items() if how == "different"]
        arrays = [*case["inputs"], *(array for profile in ("tflite", *different) for array in outputs[profile])]
        values += [array.tobytes() for array in arrays]
    operators = sorted({name for case in cases for name in case["operators"]})
    header = {"operators": operators, "seed": options.seed, "runs": RUNS, "made by": made_by}
    text = json.dumps(header)[:-1] + ', "cases": [\n' + ",\n".join(map(json.dumps, index)) + "\n]}\n"
    with zipfile.ZipFile(options.out / f"{op}.zip", "w") as file:
        for name, content in (("cases.json", text), ("models.bin", b"".join(models)), ("values.bin", b"".join(values))):
            file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)


def kept_cases(options, op, cases):
    """With --types, what the container has of other types stays as it is, with the answers of all profiles."""
    path = options.out / f"{op}.zip"
    if not options.types or not path.exists():
        return []
    made = {case["type"] for case in cases}
    return [case for case in read_zip(path)[1] if case["type"] not in made]


def add_profile(options):
    """What has been recorded stays; models of other answers than before lie in OUT/<OP>.zip with one answer more."""
    profile, totals = options.add, Counter()
    for op in options.ops:
        path = options.out / f"{op}.zip"
        if not path.exists():
            continue
        header, cases = read_zip(path)
        for case in cases:
            is_stateful = make_case(op, case["type"], header["seed"], case["number"]).is_stateful
            runs = [list(arrays) for arrays in zip(*case["inputs"])] or [[]] * RUNS
            case["others"].pop(profile, None)
            answer = None if is_float(case["type"]) else ask(profile, case["model"], runs, is_stateful)
            if answer is None:
                totals[f"{op} {case['type']}: no answer"] += 1
                continue
            case["outputs"][profile] = stacked(answer)
            usual = case["outputs"][OTHERS[profile]]
            is_same = all(a.shape == b.shape and a.tobytes() == b.tobytes() for a, b in zip(case["outputs"][profile], usual))
            case["others"][profile] = "same" if is_same else "different"
            totals[case["others"][profile]] += 1
        options.seed = header["seed"]
        write_zip(options, op, cases, header["made by"])
    print(f"{profile}:", ", ".join(f"{n} {fate}" for fate, n in sorted(totals.items())))


def read_zip(path):
    """Its header, and its cases."""
    with zipfile.ZipFile(path) as file:
        index = json.loads(file.read("cases.json"))
        models, values = (io.BytesIO(file.read(name)) for name in ("models.bin", "values.bin"))
    kept = []
    for entry in index["cases"]:
        model = models.read(entry["model"])
        others = {profile: entry[profile] for profile in OTHERS if profile in entry}

        def arrays(signature):
            read = lambda dtype, shape: values.read(np.dtype(dtype).itemsize * int(np.prod(shape)))
            shapes = [(dtype, (index["runs"], *shape)) for dtype, *shape in signature]
            return [np.frombuffer(read(*one), one[0]).reshape(one[1]) for one in shapes]

        inputs, outputs = arrays(entry["inputs"]), {"tflite": arrays(entry["outputs"])}
        for profile, how in others.items():
            outputs[profile] = outputs[OTHERS[profile]] if how == "same" else arrays(entry["outputs"])
        case = {key: entry[key] for key in ("type", "number")} | {"model": model, "inputs": inputs, "outputs": outputs}
        kept.append(case | {"others": others, "operators": index["operators"]})
    return index, kept


def versions(profiles):
    """Of what made them, as far as it is a package."""
    packages = ["ai-edge-litert", "numpy"] + ["tflite-micro"] * ("tflm" in profiles)
    found = {package: importlib.metadata.version(package) for package in packages}
    if "tflite-2.19" in profiles:
        command = [PROGRAMS["tflite-2.19"][0], "-c", "import tensorflow; print(tensorflow.__version__)"]
        found["tensorflow"] = subprocess.check_output(command, stderr=subprocess.DEVNULL, text=True).strip()
    return found


if __name__ == "__main__":
    main()
