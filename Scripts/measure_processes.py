"""Compares runs that several processes share with runs of one, in time, memory and results.

    python3 Scripts/measure_processes.py BILLHOOK [--processes 2] [--rounds 3] [--width 512] [--blocks 8]

A random Llama with the tokenizer of the tiny model is scored (ppl, taylor, wanda_sp), measured
(perplexity, task items) and trained (cpt), by one process and by several in turns, with one thread each.
As many separate runs of one process as there are processes, all at once, say what the machine itself has to
give: processors that share memory and caches are slower together.
Times are those of the stages in the run's journal, the best of all rounds; where other work shares the
machine, the processor time of the last round says more. Memory is the largest peak of resident memory
(`VmHWM`) of any process. Linux only; needs no package.
"""

import argparse
import array
import concurrent.futures
import csv
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
STAGES = {
    "ppl scores": r"evidence for ppl",
    "taylor scores": r"evidence for taylor",
    "wanda statistics": r"evidence for wanda_sp",
    "perplexity": r"evaluate perplexity",
    "task items": r"evaluate accuracy",
    "6 cpt steps": r"recover cpt",
}
MODEL = """
model new "config.json" { seed = 1 }
save "model"
"""
RECIPE = """
model "model"
data words = tokens "words.txt" { bos = none }
data endings = task "endings.jsonl" { query = "{beginning}", choices = "ends", gold = "right" }
score block on words { by ppl }
score block on words { by taylor }
score mlp_channel on words { by wanda_sp }
evaluate perplexity on words
evaluate accuracy on endings
recover cpt on words { steps = 6, batch = 16, micro_batch = 8 }
save "out"
"""


def prepare(folder, width, blocks):
    """Writes the configuration, the data and the recipe."""
    source = ROOT / "Examples" / "Models" / "tiny"
    configuration = json.loads((source / "config.json").read_text())
    heads = width // 64
    configuration.update(
        hidden_size=width,
        num_hidden_layers=blocks,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        head_dim=64,
        intermediate_size=8 * width // 3 // 64 * 64,
        dtype="float32",
    )
    (folder / "config.json").write_text(json.dumps(configuration))
    for path in source.iterdir():
        if path.name.startswith("tokenizer"):
            shutil.copy(path, folder)
    draw = random.Random(1)
    words = [
        " ".join(str(draw.randrange(3, configuration["vocab_size"])) for _ in range(128))
        for _ in range(64)
    ]
    (folder / "words.txt").write_text("\n".join(words) + "\n")
    lines = (ROOT / "Examples" / "Data" / "endings.jsonl").read_text().splitlines()
    questions = []
    for number in range(200):
        # No two are the same, because what is the same is run once.
        question = json.loads(lines[number % len(lines)])
        question["beginning"] = f"{number}. {question['beginning']}"
        questions.append(json.dumps(question))
    (folder / "endings.jsonl").write_text("\n".join(questions) + "\n")
    (folder / "model.recipe").write_text(MODEL)
    (folder / "jobs.recipe").write_text(RECIPE)


def peak(process):
    """The peak of a process's resident memory in bytes; 0 after its end."""
    try:
        text = pathlib.Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    return 1024 * int(found[1]) if found else 0


def processor_seconds(process):
    """The seconds of processor time that a process took; 0 after its end."""
    try:
        words = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def children(process):
    """The processes that a process started."""
    found = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True)
    return [int(word) for word in found.stdout.split()]


def run(billhook, folder, processes):
    """Runs the recipe: seconds by stage, peak of memory, processor time of each process, scores."""
    for name in ["out", ".billhook/stages", ".billhook/products", ".billhook/runs"]:
        shutil.rmtree(folder / name, ignore_errors=True)
    command = [billhook, "run", "jobs.recipe", "--quiet", "--threads", "1"]
    started = subprocess.Popen(
        command + ["--processes", str(processes)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    most, taken = 0, {}
    while started.poll() is None:
        for one in [started.pid, *children(started.pid)]:
            most = max(most, peak(one))
            taken[one] = max(taken.get(one, 0), processor_seconds(one))
        time.sleep(0.1)
    if started.returncode != 0:
        raise SystemExit(f"the run of {processes} processes ended with {started.returncode}")
    (place,) = (folder / ".billhook" / "runs").iterdir()
    seconds = {}
    for line in (place / "journal.jsonl").read_text().splitlines():
        entry = json.loads(line)
        for name, pattern in STAGES.items():
            if re.match(pattern, entry["stage"]):
                seconds[name] = entry["seconds"]
    scores = {
        path.name: [float(row[-1]) for row in list(csv.reader(path.open()))[1:]]
        for path in place.glob("scores-*.csv")
    }
    return seconds, most, sorted(taken.values()), scores


def run_apart(billhook, folders):
    """Runs the recipe in several folders at once, by one process each: the most seconds of each stage."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda folder: run(billhook, folder, 1)[0], folders))
    return {stage: max(one[stage] for one in found) for stage in STAGES}


def values(path):
    """All values of a safetensors file in f32, in the order of its bytes."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    found = array.array("f")
    found.frombytes(data[start:])
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("billhook", help="the executable")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--blocks", type=int, default=8)
    options = parser.parse_args()
    billhook = str(pathlib.Path(options.billhook).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "together"
        folder.mkdir()
        prepare(folder, options.width, options.blocks)
        subprocess.run([billhook, "run", "model.recipe", "--quiet"], cwd=folder, check=True)
        copies = [folder.with_name(f"apart {number}") for number in range(options.processes)]
        for copy in copies:
            shutil.copytree(folder, copy)
        best, most, busy, scores, trained = {}, {}, {}, {}, {}

        def note(kind, seconds):
            for stage, time_taken in seconds.items():
                best[stage, kind] = min(best.get((stage, kind), time_taken), time_taken)

        for _ in range(options.rounds):
            for count in [1, options.processes]:
                seconds, memory, busy[count], scores[count] = run(billhook, folder, count)
                note(count, seconds)
                most[count] = max(most.get(count, 0), memory)
                trained[count] = values(folder / "out" / "model.safetensors")
            note("apart", run_apart(billhook, copies))
        count = options.processes
        print(f"| job | 1 process | {count} processes | times as fast | {count} runs at once | gain of these |")
        print("|---|---|---|---|---|---|")
        for stage in STAGES:
            one, several, apart = (best[stage, kind] for kind in [1, count, "apart"])
            print(
                f"| {stage} | {one:.2f} s | {several:.2f} s | {one / several:.2f} "
                f"| {apart:.2f} s | {count * one / apart:.2f} |"
            )
        one, several = most[1], most[options.processes]
        print(f"\nmemory of a process: {one / 1e6:.0f} MB, {several / 1e6:.0f} MB")
        for count in [1, options.processes]:
            print(f"processor time: {', '.join(f'{one:.1f} s' for one in busy[count])}")
        worst = max(abs(a - b) for a, b in zip(trained[1], trained[count]))
        print(f"trained weights: {worst:.1e} apart at most")
        for name, found in scores[1].items():
            pairs = zip(found, scores[options.processes][name])
            worst = max(abs(a - b) / max(abs(a), 1e-300) for a, b in pairs)
            print(f"{name}: {worst:.1e} apart at most, relatively")


if __name__ == "__main__":
    main()
