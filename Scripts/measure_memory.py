"""Compares the memory that `billhook check` estimates with what `billhook run` takes.

    python Scripts/measure_memory.py BILLHOOK MODEL [MODEL ...] [--windows 10] [--length 128]
        [--only WORDS] [--compute float32 bfloat16]

For each model, type of arithmetic and kind of stage one recipe is run on random token ids, and the
peak of the process's own memory (`RssAnon`, read every half millisecond) is measured, less that of a
run that computes nothing. Mapped weights are not counted: the system takes their pages back when it
needs them. Linux only. The stages are those of Benchmarks/bench.py, and others.
"""

import argparse
import json
import random
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

STEPS = "steps = 2, batch = 8, micro_batch = 8"


@dataclass(frozen=True)
class Stage:
    """A statement, and how it is run."""

    statement: str
    # How many times as many windows it uses as is said.
    windows: int = 1
    flags: tuple = ()


STAGES = {
    "nothing": Stage('score block { by scores "none.csv" }'),
    "ppl": Stage("score block on windows { by ppl }"),
    "taylor, kept": Stage("score block on windows { by taylor }"),
    "taylor, twice": Stage("score block on windows { by taylor }", flags=("--memory", "400MB")),
    "taylor, each sample": Stage("score block on windows { by taylor { aggregate = sum_abs } }"),
    "perplexity": Stage("evaluate perplexity on windows", 5),
    "lora": Stage(f"recover lora on windows {{ {STEPS} }}", 2),
    "cpt": Stage(f"recover cpt on windows {{ {STEPS} }}", 2),
    "distill": Stage(f"recover distill on windows {{ {STEPS} }}", 2),
    "distill, kept": Stage(f"recover distill on windows {{ kept = 64, {STEPS} }}", 2),
    "lora, recomputed": Stage(f"recover lora on windows {{ {STEPS}, activations = recompute }}", 2),
    "lora, held out": Stage(f"recover lora on windows {{ {STEPS}, held_out = 8 }}", 3),
    "cpt, in halves": Stage(
        "recover cpt on windows { steps = 2, batch = 8, micro_batch = 4 }", 2
    ),
    "wanda": Stage("prune weight on windows { by wanda, remove 50% }", 5),
    "sparsegpt": Stage("prune weight on windows { by obs, remove 50%, repair sparsegpt }", 5),
    "dsnot": Stage("prune weight on windows { by wanda, remove 50%, refine dsnot }", 5),
    "barber": Stage("prune weight on windows { by magnitude, remove 50%, refine barber }", 2),
    "alpha_pruning": Stage(
        "prune mlp_channel { by magnitude, remove 20%, allocate alpha_pruning }"
    ),
    "evolution": Stage(
        "prune mlp_channel on windows { by magnitude, remove 20%, search evolution { generations = 2 } }"
    ),
    "policy_gradient": Stage(
        "prune mlp_channel on windows { by magnitude, remove 20%, search policy_gradient { steps = 3 } }"
    ),
    "block_influence": Stage("score block on windows { by block_influence }", 5),
    "flap": Stage("score mlp_channel on windows { by flap }", 5),
    "wanda_sp": Stage("score mlp_channel on windows { by wanda_sp }", 5),
    "repair": Stage(
        "prune mlp_channel on windows { by flap, remove 20%, repair bias_compensation }", 5
    ),
    "magnitude": Stage("score block { by magnitude }"),
    "save": Stage('save "out"'),
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


def measure(billhook, model, options):
    configuration = json.loads((model / "config.json").read_text())
    for compute in options.compute:
        nothing = 0
        for name, stage in STAGES.items():
            if name != "nothing" and options.only not in name:
                continue
            count = options.windows * stage.windows
            random.seed(1)
            rows = [
                " ".join(
                    str(random.randrange(configuration["vocab_size"]))
                    for _ in range(options.length)
                )
                for _ in range(count)
            ]
            with tempfile.TemporaryDirectory() as folder:
                folder = Path(folder)
                (folder / "windows.txt").write_text("\n".join(rows) + "\n")
                units = range(configuration["num_hidden_layers"])
                (folder / "none.csv").write_text(
                    "unit,score\n" + "".join(f"{unit},{unit}\n" for unit in units)
                )
                lines = [f'model "{model.resolve()}" {{ compute = {compute} }}']
                if " on windows" in stage.statement:
                    settings = f"length = {options.length}, samples = {count}"
                    lines.append(f'data windows = tokens "windows.txt" {{ {settings} }}')
                recipe = folder / "one.recipe"
                recipe.write_text("\n".join(lines + [stage.statement]) + "\n")
                expected = estimate([billhook, "check", str(recipe), *stage.flags])
                found = peak([billhook, "run", str(recipe), "--quiet", *stage.flags])
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
    parser.add_argument("--windows", type=int, default=10)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--only", default="", help="stages whose names hold these words")
    parser.add_argument("--compute", nargs="+", default=["float32", "bfloat16"])
    options = parser.parse_args()
    for model in options.models:
        measure(options.billhook, model, options)
