"""
What memory TensorFlow Lite Micro takes for a model, as its own RecordingMicroAllocator says. Needs tflite-micro.

    python micro_memory.py                  writes micro_memory.json: every recorded model of one operator that TFLM
                                            answers, and the models of models/
    python micro_memory.py --ops OP...      writes those operators anew
    python micro_memory.py MODEL...         prints the same of other files, as JSON; null where TFLM refuses one
    python micro_memory.py --least MODEL... the least tensor arena, a multiple of 16, in which it allocates (found by bisection)

The tensor arena begins and ends at a multiple of 16, as `alignas(16) uint8_t arena[16 * n]` does.
"""

import json
import os
import re
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

from tflite_micro.python.tflite_micro import runtime

HERE = Path(__file__).parent
ARENA = 1 << 26
SECTION = re.compile(r"Arena allocation (\w+) (\d+) bytes")
PART = re.compile(r"'(.+)' used (\d+) bytes")


def allocate(model, arena):
    """What TFLM prints, in a process of its own: a refused model may end it. None if it cannot allocate."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        try:
            runtime.Interpreter.from_bytes(model, arena_size=arena).print_allocations()
        except BaseException:
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with open(reading, errors="replace") as printed:
        text = printed.read()
    return text if os.waitpid(child, 0)[1] == 0 else None


def measured(model):
    """Bytes of each section, and of each part of the persistent one that the recorder names."""
    text = allocate(model, ARENA)
    if text is None:
        return None
    sections = {name: int(size) for name, size in SECTION.findall(text)}
    return {**sections, "parts": {name: int(size) for name, size in PART.findall(text)}}


def least_arena(model):
    text = allocate(model, ARENA)
    if text is None:
        return None
    too_small, enough = 0, ARENA // 16
    while enough - too_small > 1:
        middle = (too_small + enough) // 2
        too_small, enough = (too_small, middle) if allocate(model, 16 * middle) else (middle, enough)
    return 16 * enough


def recorded_cases(path):
    """Type and model of each case that TFLM answers, in order."""
    with zipfile.ZipFile(path) as archive:
        models, at = archive.read("models.bin"), 0
        for case in json.loads(archive.read("cases.json"))["cases"]:
            model = models[at : at + case["model"]]
            at += case["model"]
            if "tflm" in case:
                yield case["type"], model


def measured_cases(path):
    """Head and tail of each case."""
    sizes = (measured(model) for _, model in recorded_cases(path))
    return [[size["head"], size["tail"]] for size in sizes]


def record(only=()):
    file = HERE / "micro_memory.json"
    sections = json.loads(file.read_text()) if only else {}
    operators, models = sections.get("operators", {}), sections.get("models", {})
    for path in sorted((HERE / "recorded").glob("*.zip")):
        if not only or path.stem in only:
            operators[path.stem] = measured_cases(path)
    root = HERE.parent.parent
    for path in sorted((root / "models").glob("*/*.tflite")):
        sizes = measured(path.read_bytes())
        models[path.relative_to(root).as_posix()] = sizes and {**sizes, "least": least_arena(path.read_bytes())}
    sections = {"operators": {op: operators[op] for op in sorted(operators) if operators[op]}, "models": models}
    with open(file, "w") as file:
        file.write(json.dumps({"tflite-micro": version("tflite-micro")})[:-1])
        for name, entries in sections.items():
            lines = (f"{json.dumps(key)}:{json.dumps(entry, separators=(',', ':'))}" for key, entry in entries.items())
            file.write(f',\n"{name}":{{\n' + ",\n".join(lines) + "\n}")
        file.write("}\n")


def main(arguments):
    if not arguments or arguments[0] == "--ops":
        return record(arguments[1:])
    answer = least_arena if arguments[0] == "--least" else measured
    for path in arguments[arguments[0] == "--least" :]:
        print(json.dumps({path: answer(Path(path).read_bytes())}), flush=True)


main(sys.argv[1:])
