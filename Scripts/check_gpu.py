#!/usr/bin/env python3
"""Runs the same recipe on the CPU and on another device, and compares the two reports.

    python3 Scripts/check_gpu.py BILLHOOK --device cuda:0

The recipe scores, prunes, solves, trains and measures the tiny model that the repository carries, in f32.
All texts and counts in the reports have to be equal, among them which units were removed. Scores, losses and
perplexities may differ by 1e-4 of the largest number in the same list, because sums in another order change
their last digits. Scripts/check_gpu.sh runs this, and then the benchmarks.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOLERANCE = 1e-4
RECIPE = """
model "{examples}/Models/tiny"

data calibration = text "{examples}/Data/train.txt" {{
  windows = random, samples = 4, length = 128, seed = 1234, bos = none
}}
data training = text "{examples}/Data/train.txt" {{ samples = 64, length = 64, bos = none }}
data heldout  = text "{examples}/Data/heldout.txt" {{ length = 128, samples = 8, bos = none }}

always {{ evaluate perplexity on heldout }}

each criterion in [ppl, taylor, block_influence, magnitude] {{
  prune block on calibration {{ by $criterion, remove 3 }}
}}
each criterion in [taylor, wanda_sp, flap] {{
  prune [attention_head, mlp_channel] on calibration {{ by $criterion, remove 20% }}
}}
branch "wanda" {{
  prune weight on calibration {{ by wanda, remove 50% }}
}}
branch "sparsegpt" {{
  prune weight on calibration {{ by obs, remove 50%, repair sparsegpt }}
  recover lora on training {{ steps = 3, batch = 8, dropout = 0 }}
}}
branch "cpt" {{
  prune block on calibration {{ by ppl, remove 3 }}
  recover cpt on training {{ steps = 3, batch = 8, learning_rate = 1e-4 }}
}}
"""
# The parts of a report that are compared, and the keys in them that depend on the machine.
PARTS = ["rows", "scores", "removals", "trainings", "notes", "failures"]
OWN = {"seconds", "measuring_seconds", "milliseconds"}


def report(billhook, device, folder):
    """The report of a run of the recipe, with a work folder of its own."""
    folder.mkdir()
    recipe = folder / "compared.recipe"
    recipe.write_text(RECIPE.format(examples=ROOT / "Examples"))
    subprocess.run([billhook, "run", str(recipe), "--device", device, "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)
    (found,) = folder.glob(".billhook/runs/*/report.json")
    return json.loads(found.read_text())


def measured(pair):
    """Whether both are numbers, and not counts."""
    kinds = {type(value) for value in pair}
    return kinds <= {int, float} and float in kinds


def differences(one, other, place):
    """How far each value is off, as a part of the largest number in its list, with its place and both values;
    infinity where texts or counts differ."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one.keys() - OWN:
            yield from differences(one[key], other[key], f"{place}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        numbers = [pair for pair in zip(one, other) if measured(pair)]
        scale = max((abs(pair[0]) for pair in numbers), default=0) or 1
        for index, pair in enumerate(zip(one, other)):
            if measured(pair):
                yield abs(pair[0] - pair[1]) / scale, f"{place}[{index}]", pair
            else:
                yield from differences(*pair, f"{place}[{index}]")
    elif measured((one, other)):
        yield abs(one - other) / (abs(one) or 1), place, (one, other)
    else:
        yield 0 if one == other else float("inf"), place, (one, other)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("billhook")
    parser.add_argument("--device", default="cuda:0")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        here = report(options.billhook, "cpu", folder / "cpu")
        there = report(options.billhook, options.device, folder / "device")
    print("| part of the report | values | greatest difference | allowed |\n|---|---:|---:|---:|")
    failed = []
    for part in PARTS:
        found = list(differences(here[part], there[part], part))
        worst = max(found, default=(0, part, ()), key=lambda entry: entry[0])
        failed += [entry for entry in found if entry[0] > TOLERANCE]
        print(f"| {part} | {len(found)} | {worst[0]:.1e} | {TOLERANCE:.0e} |")
    for _, place, (cpu, device) in failed[:20]:
        print(f"{place}: {cpu} on the CPU, {device} on {options.device}", file=sys.stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
