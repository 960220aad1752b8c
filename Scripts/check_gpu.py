#!/usr/bin/env python3
"""Runs the same recipe on the CPU and on another device, and compares the two reports.

    python3 Scripts/check_gpu.py BILLHOOK --device cuda:0

The recipe scores, prunes, solves, trains and measures the tiny model that the repository carries, in f32.
All texts and counts in the reports have to be equal, among them which units were removed. Scores, losses and
perplexities may differ by 1e-4 of the largest number in the same list, because sums in another order change
their last digits; by 5e-3 after solvers, which choose weights and codes by such digits. Scripts/check_gpu.sh
runs this, and then the benchmarks.

On an NVIDIA GPU a second recipe runs on a random model of 300 million parameters whose weights all stay on the
device, then with room for half of them, where those of the next block are copied while the device computes,
and then with room for none. The three reports are compared in the same way; so are those of one process and
of two, where there are two GPUs.

With --emulated the GPU is the one of Scripts/emulated_gpu.cpp, which Scripts/check_emulated_gpu.sh builds, and
the second recipe runs on the tiny model too.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "Benchmarks"))
TOLERANCE = 1e-4
TOLERANCE_OF_SOLVERS = 5e-3
EMULATED_BYTES = 1 << 32
HEAD = """
model "{examples}/Models/tiny"

data calibration = text "{examples}/Data/train.txt" {{
  windows = random, samples = 4, length = 128, seed = 1234, bos = none
}}
data training = text "{examples}/Data/train.txt" {{ samples = 64, length = 64, bos = none }}
data heldout  = text "{examples}/Data/heldout.txt" {{ length = 128, samples = 8, bos = none }}

always {{ evaluate perplexity on heldout }}
"""
RECIPE = HEAD + """
each criterion in [ppl, taylor, block_influence, magnitude] {{
  prune block on calibration {{ by $criterion, remove 3 }}
}}
each criterion in [taylor, wanda_sp, flap] {{
  prune [attention_head, mlp_channel] on calibration {{ by $criterion, remove 20% }}
}}
branch "wanda" {{
  prune weight on calibration {{ by wanda, remove 50% }}
}}
branch "dsnot" {{
  prune weight on calibration {{ by magnitude, remove 50%, allocate owl, refine dsnot }}
}}
branch "cpt" {{
  prune block on calibration {{ by ppl, remove 3 }}
  recover cpt on training {{ steps = 3, batch = 8, learning_rate = 1e-4 }}
}}
branch "distill" {{
  prune block on calibration {{ by ppl, remove 3 }}
  recover distill on training {{ kept = 8, steps = 3, batch = 8, learning_rate = 1e-4 }}
}}
branch "loraprune" {{
  prune [attention_head, mlp_channel] on training {{
    by      lora_taylor
    remove  20%
    gradual cubic {{ every = 1 }}
    recover lora {{ steps = 4, batch = 8, dropout = 0 }}
  }}
}}
"""
SOLVERS = HEAD + """
branch "sparsegpt" {{
  prune weight on calibration {{ by obs, remove 50%, repair sparsegpt }}
  recover lora on training {{ steps = 3, batch = 8, dropout = 0 }}
}}
branch "gptq" {{
  quantise weight on calibration {{ by gptq, to = int4, group = 32 }}
}}
"""
# More than the 8,192 tokens that a GPU computes at once, so that there is something to deal out.
SHARED = HEAD + """
data many = text "{examples}/Data/train.txt" {{
  windows = random, samples = 34, length = 256, seed = 1, bos = none
}}

evaluate perplexity on many
branch "ppl" {{
  prune block on calibration {{ by ppl, remove 3 }}
}}
branch "block_influence" {{
  prune block on many {{ by block_influence, remove 3 }}
}}
each criterion in [taylor, flap] {{
  prune mlp_channel on many {{ by $criterion, remove 20% }}
}}
branch "cpt" {{
  recover cpt on training {{ steps = 3, batch = 8, micro_batch = 2 }}
}}
"""
LARGER = """
model "{model}"

data windows = tokens "{tokens}"

evaluate perplexity on windows
prune block on windows {{ by ppl, remove 2 }}
evaluate perplexity on windows
branch "heads" {{
  prune attention_head on windows {{ by taylor, remove 20% }}
  evaluate perplexity on windows
}}
branch "wanda" {{
  prune weight on windows {{ by wanda, remove 50% }}
  evaluate perplexity on windows
}}
branch "lora" {{
  recover lora on windows {{ steps = 3, batch = 4, dropout = 0 }}
  evaluate perplexity on windows
}}
"""
# The parts of a report that are compared, and the keys in them that depend on the machine.
PARTS = ["rows", "scores", "removals", "trainings", "notes", "failures"]
OWN = {"seconds", "measuring_seconds", "milliseconds", "model", "means_of_blocks"}


def report(billhook, device, folder, text, *flags):
    """The report of a run of a recipe, with a work folder of its own, in which the emulated GPU counts the
    copies that were made ahead."""
    folder.mkdir()
    emulated = {"EMULATED_GPU_BYTES": str(EMULATED_BYTES), "EMULATED_GPU_LOG": str(folder / "ahead")}
    recipe = folder / "compared.recipe"
    recipe.write_text(text)
    subprocess.run([billhook, "run", str(recipe), "--device", device, "--quiet", *flags], check=True,
                   stdout=subprocess.DEVNULL, env=os.environ | emulated)
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


def compare(one, other, names, allowed=TOLERANCE):
    """Prints how far two reports are apart, and returns whether they agree."""
    print(f"{names[0]}, and {names[1]}:\n")
    print("| part of the report | values | greatest difference | allowed |\n|---|---:|---:|---:|")
    failed = []
    for part in PARTS:
        found = list(differences(one[part], other[part], part))
        worst = max(found, default=(0, part, ()), key=lambda entry: entry[0])
        failed += [entry for entry in found if entry[0] > allowed]
        print(f"| {part} | {len(found)} | {worst[0]:.1e} | {allowed:.0e} |")
    print()
    for _, place, values in failed[:20]:
        print(f"{place}: " + ", ".join(f"{value} {name}" for value, name in zip(values, names)),
              file=sys.stderr)
    return not failed


def asked(expression):
    """What an expression comes to in PyTorch, in a process that ends, and so gives its memory back."""
    found = subprocess.run([sys.executable, "-c", f"import torch; print({expression})"],
                           check=True, capture_output=True, text=True)
    return int(found.stdout)


def larger_model(folder):
    """A random model of 300 million parameters, a text for it, and the bytes that it takes in f32."""
    from models import make_model, make_tokens

    model = make_model(folder / "model", blocks=8, width=1536)
    size = sum(file.stat().st_size for file in model.glob("*.safetensors"))
    return model, make_tokens(folder / "larger.txt", 8, 256), size


def tiny_model(folder):
    """The same of the tiny model, which is stored in bf16."""
    model = ROOT / "Examples/Models/tiny"
    tokens = folder / "tiny.txt"
    rows = [[(7 * row + 3 * place * place) % 200 + 3 for place in range(64)] for row in range(8)]
    tokens.write_text("".join(" ".join(map(str, row)) + "\n" for row in rows))
    return model, tokens, 2 * sum(file.stat().st_size for file in model.glob("*.safetensors"))


def compare_rooms(billhook, device, folder, made, free, emulated):
    """Compares runs whose weights stay on a GPU with `free` bytes, stay in part, and do not stay."""
    model, tokens, size = made
    rooms = {"all weights staying": [],
             "half of them staying": ["--memory", f"{(free - size // 2) // 10**6}MB"],
             "none staying": ["--memory", f"{2 * free // 10**6}MB"]}
    text = LARGER.format(model=model, tokens=tokens)
    reports = {name: report(billhook, device, folder / name.split()[0], text, *flags)
               for name, flags in rooms.items()}
    ahead = [(folder / name.split()[0] / "ahead").exists() for name in rooms]
    if emulated and ahead != [False, True, False]:
        sys.exit(f"copies ahead of time were made with {', '.join(rooms)}: {ahead}")
    whole, *others = reports.items()
    return all([compare(whole[1], other, (whole[0], name)) for name, other in others])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("billhook")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--emulated", action="store_true", help="the GPU is Scripts/emulated_gpu.cpp")
    options = parser.parse_args()
    run, device = options.billhook, options.device
    text, solvers = (recipe.format(examples=ROOT / "Examples") for recipe in (RECIPE, SOLVERS))
    names = ("on the CPU", f"on {device}")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        found = [report(run, where, folder / f"found-{number}", text)
                 for number, where in enumerate(("cpu", device))]
        agree = compare(*found, names)
        solved = [report(run, where, folder / f"solvers-{number}", solvers)
                  for number, where in enumerate(("cpu", device))]
        agree = compare(*solved, names, TOLERANCE_OF_SOLVERS) and agree
        if options.emulated or device.startswith("cuda"):
            free = EMULATED_BYTES if options.emulated else asked(f"torch.cuda.mem_get_info('{device}')[0]")
            made = tiny_model(folder) if options.emulated else larger_model(folder)
            agree = compare_rooms(run, device, folder, made, free, options.emulated) and agree
        if device == "cuda:0" and (options.emulated or asked("torch.cuda.device_count()") > 1):
            shared = [report(run, device, folder / f"by-{count}", SHARED.format(examples=ROOT / "Examples"),
                             "--processes", f"{count}") for count in (1, 2)]
            agree = compare(*shared, ("by one process", "by two")) and agree
    sys.exit(0 if agree else 1)


if __name__ == "__main__":
    main()
