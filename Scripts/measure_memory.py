"""Compares the memory that `billhook check` estimates with what `billhook run` takes.

    python Scripts/measure_memory.py BILLHOOK MODEL [MODEL ...] [--windows 40] [--length 256]

For each model, type of arithmetic and kind of stage one recipe is run on random token ids, and the
peak of the process's own memory (`RssAnon`, read every half millisecond) is measured, less that of a
run that computes nothing. Mapped weights are not counted: the system takes their pages back when it
needs them. Linux only. With MALLOC_MMAP_THRESHOLD_=131072 in the environment, the C library gives
back what is freed, and the peaks are those of the tensors alone.
"""

import argparse
import json
import random
import re
import subprocess
import tempfile
import time
from pathlib import Path

STAGES = {
    "nothing": 'score block { by scores "none.csv" }',
    "evaluate": "evaluate perplexity on windows",
    "ppl": "score block on windows { by ppl }",
    "taylor": "score block on windows { by taylor }",
    "taylor, each sample": "score block on windows { by taylor { aggregate = sum_abs } }",
    "magnitude": "score block { by magnitude }",
    "save": 'save "out"',
}
UNITS = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}


def peak(arguments):
    """The most memory of its own that a process had, in bytes."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            break
        found = re.search(r"RssAnon:\s+(\d+)", status)
        most = max(most, 1024 * int(found[1])) if found else most
        time.sleep(0.0005)
    if process.wait() != 0:
        raise SystemExit(f"failed: {' '.join(arguments)}")
    return most


def estimate(arguments):
    """What `check` says of the peak, in bytes."""
    text = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    found = re.search(r"^memory +(?:about|at least) ([\d.]+) (\w+)", text, re.MULTILINE)
    return float(found[1]) * UNITS[found[2]] if found else 0


def measure(billhook, model, windows, length):
    configuration = json.loads((model / "config.json").read_text())
    random.seed(1)
    rows = [
        " ".join(str(random.randrange(configuration["vocab_size"])) for _ in range(length))
        for _ in range(windows)
    ]
    for compute in ["float32", "bfloat16"]:
        nothing = 0
        for name, statement in STAGES.items():
            with tempfile.TemporaryDirectory() as folder:
                folder = Path(folder)
                (folder / "windows.txt").write_text("\n".join(rows) + "\n")
                units = range(configuration["num_hidden_layers"])
                (folder / "none.csv").write_text(
                    "unit,score\n" + "".join(f"{unit},{unit}\n" for unit in units)
                )
                lines = [f'model "{model.resolve()}" {{ compute = {compute} }}']
                if " on windows" in statement:
                    settings = f"length = {length}, samples = {windows}"
                    lines.append(f'data windows = tokens "windows.txt" {{ {settings} }}')
                recipe = folder / "one.recipe"
                recipe.write_text("\n".join(lines + [statement]) + "\n")
                expected = estimate([billhook, "check", str(recipe)])
                found = peak([billhook, "run", str(recipe), "--quiet"])
                if name == "nothing":
                    nothing = found
                    continue
                found = max(1, found - nothing)
                print(
                    f"{model.name:16} {compute:9} {name:20} estimated {expected / 1e6:8.1f} MB, "
                    f"measured {found / 1e6:8.1f} MB, {expected / found:.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("billhook")
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--windows", type=int, default=40)
    parser.add_argument("--length", type=int, default=256)
    arguments = parser.parse_args()
    for model in arguments.models:
        measure(arguments.billhook, model, arguments.windows, arguments.length)
