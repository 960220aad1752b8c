"""Billhook beside plain Python, in one run on one machine: time and memory as ratios.

    python3 Benchmarks/bench.py BILLHOOK [--threads N] [--rounds N] [--blocks N] [--only JOB]

Both sides do the same work on the same random model, in turns; the fastest round of each counts,
because whatever else runs on the machine only ever adds. The floor is what the floating-point
operations of the job take at the rate at which this machine multiplies matrices, measured in the
same run between the rounds.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

import torch  # noqa: E402
from models import make_model, make_tokens  # noqa: E402

BATCH, LENGTH, STEPS = 8, 128, 6


def run(command, **settings):
    """Runs a process; gives its output and its peak resident memory in bytes."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, text=True, **settings)
        _, status, usage = os.wait4(process.pid, 0)
        output.seek(0)
        if status != 0:
            sys.exit(f"{command[0]} ended with status {os.waitstatus_to_exitcode(status)}")
        return output.read(), usage.ru_maxrss * 1024


def matrix_rate(threads, width):
    """Floating-point operations a second of the best of a few products like those of a block."""
    torch.set_num_threads(threads)
    left, right = torch.randn(BATCH * LENGTH, width), torch.randn(width, width * 8 // 3)
    best = 0.0
    for _ in range(12):
        start = time.perf_counter()
        left @ right
        seconds = time.perf_counter() - start
        best = max(best, 2 * left.shape[0] * right.shape[0] * right.shape[1] / seconds)
    return best


def operations(kind, blocks, width, vocabulary):
    """Floating-point operations of a training step: forward 2, gradients of inputs 2, of weights 2
    for each parameter and token; frozen weights have none of the last."""
    tokens = BATCH * LENGTH
    matrices = blocks * (4 * width * width + 3 * width * (width * 8 // 3))
    # Scores and values of a causal attention, forward and twice that back.
    attention = 3 * blocks * 2 * 2 * tokens * LENGTH * width / 2
    exit_ = vocabulary * width
    passes = 6 if kind == "cpt" else 4
    updates = 0
    if kind == "lora":
        sums = blocks * (4 * 2 * width + 3 * (width + width * 8 // 3))
        updates = 6 * 8 * sums * tokens
    return passes * (matrices + exit_) * tokens + attention + updates


def ours(billhook, kind, model, tokens, threads):
    """Median seconds of a step, and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        extra = "" if kind == "lora" else ", weight_decay = 0"
        recipe = pathlib.Path(folder) / "bench.recipe"
        recipe.write_text(
            f'model "{model}"\ndata words = tokens "{tokens}"\n'
            f"recover {kind} on words {{\n  steps = {STEPS}, batch = {BATCH}, micro_batch = {BATCH}"
            f", shuffle = false{extra}\n}}\n"
        )
        command = [billhook, "run", str(recipe), "--quiet", "--threads", str(threads)]
        _, memory = run(command, stderr=subprocess.DEVNULL)
        (log,) = pathlib.Path(folder).glob(".billhook/runs/*/training-*.jsonl")
        seconds = [json.loads(line)["seconds"] for line in log.read_text().splitlines()]
        return statistics.median(seconds[1:]), memory


def theirs(kind, model, tokens, threads):
    script = HERE / "training_baseline.py"
    output, memory = run(
        [sys.executable, str(script), kind, str(model), str(tokens), "--batch", str(BATCH),
         "--steps", str(STEPS), "--threads", str(threads)],
        env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        stderr=subprocess.DEVNULL,
    )
    return statistics.median(json.loads(output)[1:]), memory


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("billhook")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--vocabulary", type=int, default=32000)
    parser.add_argument("--only", choices=["lora", "cpt"])
    options = parser.parse_args()
    shape = (options.blocks, options.width, options.vocabulary)
    with tempfile.TemporaryDirectory() as folder:
        model = make_model(pathlib.Path(folder) / "model", *shape)
        tokens = make_tokens(pathlib.Path(folder) / "tokens.txt", STEPS * BATCH, LENGTH, shape[2])
        print(f"{options.blocks} blocks, width {options.width}, vocabulary {options.vocabulary}, "
              f"f32, {BATCH} x {LENGTH} tokens, {options.threads} threads, "
              f"best of {options.rounds} rounds\n")
        print("| job | operations | rate | floor | Billhook | Python | to floor | to Python "
              "| memory | Python's | ratio |")
        print("|---|---|---|---|---|---|---|---|---|---|---|")
        for kind in [options.only] if options.only else ["lora", "cpt"]:
            needed = operations(kind, *shape)
            rate, mine, other = 0.0, [], []
            for _ in range(options.rounds):
                rate = max(rate, matrix_rate(options.threads, options.width))
                mine.append(ours(options.billhook, kind, model, tokens, options.threads))
                rate = max(rate, matrix_rate(options.threads, options.width))
                other.append(theirs(kind, model, tokens, options.threads))
            time_, memory = min(mine)
            their_time, their_memory = min(other)
            floor = needed / rate
            print(f"| {kind} step | {needed / 1e9:.0f} G | {rate / 1e9:.0f} G/s | {floor:.2f} s "
                  f"| {time_:.2f} s | {their_time:.2f} s | {time_ / floor:.2f} "
                  f"| {time_ / their_time:.2f} | {memory / 1e6:.0f} MB | {their_memory / 1e6:.0f} MB "
                  f"| {memory / their_memory:.2f} |", flush=True)


if __name__ == "__main__":
    main()
