"""Billhook beside plain Python, in one run on one machine: time and memory as ratios.

    python3 Benchmarks/bench.py BILLHOOK [--threads N] [--rounds N] [--blocks N] [--only WORDS]
        [--device cuda:0] [--minutes N]

Both sides do the same work on the same random model, in turns; the fastest round of each counts,
because whatever else runs on the machine only ever adds. The floor is what the floating-point
operations of the job take at the rate at which this machine multiplies matrices, measured in the
same run between the rounds. Memory is the peak of resident memory; in brackets that of anonymous
memory, without what the system can read again from files. Decoding has a table of its own, in
milliseconds a token; decode.py says what its columns are.
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

import torch  # noqa: E402
from decode import decode_jobs, finish  # noqa: E402
from jobs import JOBS, LENGTH, REBUILT, Shape  # noqa: E402
from models import make_model, make_tokens  # noqa: E402


@dataclass(order=True)
class Measured:
    seconds: float
    peak: int = 0
    anonymous: int = 0

    @property
    def memory(self):
        return f"{self.peak / 1e6:.0f} ({self.anonymous / 1e6:.0f}) MB"


def watched(command, **settings):
    """Runs a process; gives its output and its peaks of resident and of anonymous memory.

    Read while it runs, because what the system says at its end includes what this process had when
    it started the other.
    """
    peaks = {"VmHWM": 0, "RssAnon": 0}
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=output, stderr=errors, text=True, **settings)
        while process.poll() is None:
            try:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            except OSError:
                continue
            for name, value in re.findall(r"(VmHWM|RssAnon):\s+(\d+)", status):
                peaks[name] = max(peaks[name], 1024 * int(value))
            time.sleep(0.005)
        if process.returncode != 0:
            errors.seek(0)
            sys.exit(f"{' '.join(command)}\nended with status {process.returncode}:\n"
                     f"{errors.read()}")
        output.seek(0)
        return output.read(), peaks["VmHWM"], peaks["RssAnon"]


def matrix_rate(threads, shape, dtype, device):
    """Floating-point operations a second of the products of a few blocks and the exit, one after
    the other, and nothing else."""
    torch.set_num_threads(threads)
    width, inner = shape.width, shape.width * 8 // 3
    sizes = 3 * ([(width, width)] * 4 + [(inner, width)] * 2 + [(width, inner)])
    kind = {"dtype": dtype, "device": device}
    weights = [torch.randn(*size).to(**kind) for size in [*sizes, (shape.vocabulary, width)]]
    inputs = {size: torch.randn(1024, size).to(**kind) for size in (width, inner)}
    operations = sum(2 * 1024 * weight.numel() for weight in weights)
    best = 0.0
    with torch.inference_mode():
        for _ in range(4):
            start = time.perf_counter()
            for weight in weights:
                torch.nn.functional.linear(inputs[weight.shape[1]], weight)
            finish(device)
            best = max(best, operations / (time.perf_counter() - start))
    return best


def ours(billhook, job, model, tokens, threads, device):
    with tempfile.TemporaryDirectory() as folder:
        recipe = pathlib.Path(folder) / "bench.recipe"
        recipe.write_text(f'model "{model}" {{ compute = {job.compute} }}\n'
                          f'data words = tokens "{tokens}"\n{job.recipe}\n')
        command = [billhook, "run", str(recipe), "--json", "--threads", str(threads),
                   "--device", device, *job.flags]
        output, peak, anonymous = watched(command)
        if job.stage:
            events = [json.loads(line) for line in output.splitlines()]
            (seconds,) = [event["seconds"] for event in events
                          if event["event"] == "ended" and event["stage"].startswith(job.stage)]
        else:
            (log,) = pathlib.Path(folder).glob(".billhook/runs/*/training-*.jsonl")
            # The last line says which weights were taken, and is of no step.
            lines = map(json.loads, log.read_text().splitlines())
            steps = [line["seconds"] for line in lines if "step" in line]
            seconds = statistics.median(steps[1:])
        return Measured(seconds, peak, anonymous)


def theirs(job, model, tokens, threads, device):
    output, peak, anonymous = watched(
        [sys.executable, str(HERE / "baseline.py"), job.baseline, str(model), str(tokens),
         "--threads", str(threads), "--dtype", job.compute, "--device", device],
        env={**os.environ, "OMP_NUM_THREADS": str(threads)},
    )
    return Measured(json.loads(output)["seconds"], peak, anonymous)


def print_jobs(jobs, options, shape, folder, deadline):
    """One row for each job that begins in time."""
    print("| job | operations | rate | floor | Billhook | Python | to floor | to Python "
          "| memory | Python's | ratio |")
    print("|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
    threads, device = options.threads, options.device
    for job in jobs:
        if time.monotonic() > deadline:
            print(f"\nno time was left from `{job.name}` on")
            return
        dtype = getattr(torch, job.compute)
        model = make_model(folder / job.compute, shape.blocks, shape.width, shape.vocabulary, dtype)
        tokens = make_tokens(folder / "tokens.txt", job.windows, LENGTH, shape.vocabulary)
        rate, mine, other = 0.0, [], []
        for _ in range(options.rounds):
            rate = max(rate, matrix_rate(threads, shape, dtype, device))
            mine.append(ours(options.billhook, job, model, tokens, threads, device))
            rate = max(rate, matrix_rate(threads, shape, dtype, device))
            other.append(theirs(job, model, tokens, threads, device))
        best, plain = min(mine), min(other)
        needed = job.operations(shape, job.windows * LENGTH)
        floor = needed / rate
        print(f"| {job.name} | {needed / 1e9:.0f} G | {rate / 1e9:.0f} G/s | {floor:.2f} s "
              f"| {best.seconds:.2f} s | {plain.seconds:.2f} s | {best.seconds / floor:.2f} "
              f"| {best.seconds / plain.seconds:.2f} | {best.memory} | {plain.memory} "
              f"| {best.peak / plain.peak:.2f} |", flush=True)


def print_decoding(options, shape, folder):
    """One row for each type of weights; a dash for a way that the device does not have."""
    ways = ["read", "products", "onednn", "billhook", "transformers"]
    print(f"| decode | {' | '.join(ways)} | to products | to transformers | to read |")
    print("|---|" + "---|" * (len(ways) + 3), flush=True)
    for name in ["float32", "bfloat16"]:
        dtype = getattr(torch, name)
        model = make_model(folder / name, shape.blocks, shape.width, shape.vocabulary, dtype)
        found = decode_jobs(options.billhook, model, options.threads, options.device, options.rounds)
        taken = found["milliseconds"]
        times = " | ".join(f"{taken[way]:.1f} ms" if way in taken else "–" for way in ways)
        print(f"| {name} | {times} | {found['to_products']:.2f} "
              f"| {found['to_transformers']:.2f} | {found['to_read']:.2f} |", flush=True)


def processor(device):
    """The processor's name and the instructions that libtorch uses, or the name of the GPU beside it."""
    if device.startswith("cuda"):
        return f"the CPU beside {torch.cuda.get_device_name(device)}"
    capability = torch.backends.cpu.get_cpu_capability()
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as lines:
        names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
        return f"{next(names, platform.machine())}, {capability}"
    return f"{platform.processor()}, {capability}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("billhook")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--vocabulary", type=int, default=32000)
    parser.add_argument("--only", default="",
                        help="jobs whose names hold these words, or one of several with commas between")
    parser.add_argument("--device", default="cpu", help="where both sides compute: cpu, cuda:0 or mps")
    parser.add_argument("--minutes", type=float, default=float("inf"),
                        help="begin no job after so many minutes")
    parser.add_argument("--rebuilt", action="store_true",
                        help="also rebuild the model for each candidate, in Python")
    options = parser.parse_args()
    shape = Shape(options.blocks, options.width, options.vocabulary)
    deadline = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        print(f"{shape.blocks} blocks, width {shape.width}, vocabulary {shape.vocabulary}, windows "
              f"of {LENGTH} tokens, {options.threads} threads of {processor(options.device)}, best of "
              f"{options.rounds} rounds\n")
        # Limits of memory hold on the CPU alone.
        names = options.only.split(",")
        jobs = [job for job in JOBS + ([REBUILT] if options.rebuilt else [])
                if any(name in job.name for name in names)
                and (options.device == "cpu" or not job.flags)]
        decodes = any(name in "decode" for name in names)
        # Decoding is the shortest, so it comes first where time is short.
        if decodes and options.minutes < float("inf"):
            print_decoding(options, shape, folder)
            print()
            decodes = False
        if jobs:
            print_jobs(jobs, options, shape, folder, deadline)
            print()
        if decodes:
            print_decoding(options, shape, folder)


if __name__ == "__main__":
    main()
