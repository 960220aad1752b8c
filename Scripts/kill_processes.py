"""Kills processes that share a run, and compares what the rerun ends with.

    python3 Scripts/kill_processes.py BILLHOOK [--kills 20] [--seed 1] [--torchrun torchrun]

A small random Llama is scored (ppl, taylor, wanda_sp), measured (perplexity, task items) and trained (24 steps
of cpt). Each time a number of processes, and who starts them, is drawn: `--processes`, torchrun, or two agents
of torchrun as on two nodes (these two where `--torchrun` is said). One of the processes, drawn as well, is
killed at a random moment; then all have to be gone within a minute, and the recipe is run again, by as many
processes, fewer or more. After one to three kills a run is left alone. It has to end with the numbers of one
process that nobody disturbed, and with weights within 1e-6 of its. Linux only; needs NumPy and safetensors.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time

import measure_processes
import numpy
from safetensors.numpy import load_file

RECIPE = measure_processes.RECIPE.replace("steps = 6, batch = 16", "steps = 24, batch = 24")
TOLERANCE = 1e-6
MARK = "BILLHOOK_KILLED"


class Trial:
    """The folder of a trial, and what one process makes there."""

    def __init__(self, billhook, torchrun, folder):
        self.billhook, self.torchrun, self.folder = billhook, torchrun, folder
        self.environment = {**os.environ, "OMP_NUM_THREADS": "1", MARK: str(folder)}
        measure_processes.prepare(folder, 128, 4)
        (folder / "jobs.recipe").write_text(RECIPE)
        subprocess.run([billhook, "run", "model.recipe", "--quiet"], cwd=folder, check=True)
        begun = time.time()
        (one,) = self.start("--processes", 1, "one")
        if one.wait() != 0:
            raise SystemExit("the run of one process failed")
        self.seconds = time.time() - begun
        self.numbers, self.weights = self.result("one")

    def start(self, starter, count, work):
        """Starts a run; the processes that were started here."""
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        run = [self.billhook, "run", "jobs.recipe", "--work", work, "--threads", "1"]
        address = ["--master-addr", "127.0.0.1", "--master-port", str(random.randrange(20000, 30000))]
        agent = [self.torchrun, "--no-python", "--nproc-per-node"]
        commands = {
            "--processes": [[*run, "--processes", str(count)]],
            "torchrun": [[*agent, str(count), *address, *run]],
            "two agents": [
                [*agent, str(count // 2), "--nnodes", "2", "--node-rank", str(node), *address, *run]
                for node in range(2)
            ],
        }
        return [
            subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            for command in commands[starter]
        ]

    def processes(self):
        """The processes of Billhook in this folder, with their ranks."""
        found = []
        for place in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                environment = (place / "environ").read_bytes().split(b"\0")
                if os.readlink(place / "exe") != self.billhook:
                    continue
            except OSError:
                continue
            if f"{MARK}={self.folder}".encode() in environment:
                ranks = [line[5:].decode() for line in environment if line.startswith(b"RANK=")]
                found.append((int(place.name), ranks[0] if ranks else "0"))
        return found

    def kill_one(self, started):
        """Kills one process after a while.

        Returns its rank and the seconds until all were gone, or None where the run had ended.
        """
        time.sleep(random.uniform(0.5, self.seconds))
        running = self.processes()
        if not running:
            return None
        process, rank = random.choice(running)
        os.kill(process, signal.SIGKILL)
        begun = time.time()
        for one in started:
            one.wait(timeout=60)
        while self.processes():
            if time.time() - begun > 60:
                raise SystemExit(f"processes outlive process {rank}: {self.processes()}")
            time.sleep(0.1)
        return rank, time.time() - begun

    def result(self, work):
        """What a run measured, by row and name, and what it trained."""
        last = sorted((self.folder / work / "runs").glob("*/report.json"))[-1]
        rows = json.loads(last.read_text())["rows"]
        numbers = {
            (row["label"], metric["name"]): metric["value"]
            for row in rows
            for metric in row["metrics"]
        }
        return numbers, load_file(self.folder / "out" / "model.safetensors")

    def compare(self, work):
        """The largest distance of a weight; fails where a number is another or a weight too far."""
        numbers, weights = self.result(work)
        worst = max(
            float(numpy.abs(weights[name].astype("f8") - own.astype("f8")).max())
            for name, own in self.weights.items()
        )
        if numbers != self.numbers or worst > TOLERANCE:
            raise SystemExit(f"{work}: {numbers} for {self.numbers}, weights {worst:.1e} apart")
        return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("billhook", help="the executable")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--torchrun", help="the executable of the torch package")
    options = parser.parse_args()
    random.seed(options.seed)
    starters = ["--processes"] + (["torchrun", "two agents"] if options.torchrun else [])
    with tempfile.TemporaryDirectory() as name:
        billhook = str(pathlib.Path(options.billhook).resolve())
        trial = Trial(billhook, options.torchrun, pathlib.Path(name).resolve())
        kills, longest, worst, number = 0, 0.0, 0.0, 0
        while kills < options.kills:
            number += 1
            told = []
            for left in range(random.choice([1, 2, 3]), -1, -1):
                starter = random.choice(starters)
                count = 4 if starter == "two agents" else random.choice([2, 3, 4])
                started = trial.start(starter, count, f"work-{number}")
                killed = trial.kill_one(started) if left else None
                if killed is None:
                    break
                kills += 1
                longest = max(longest, killed[1])
                told.append(f"process {killed[0]} of {count} by {starter}, all gone in {killed[1]:.1f} s")
            if any(one.wait() != 0 for one in started):
                raise SystemExit(f"the rerun of {count} processes by {starter} failed")
            worst = max(worst, trial.compare(f"work-{number}"))
            print(f"{'; '.join(told) or 'nothing was killed'}; ended by {count} by {starter}", flush=True)
    print(f"{kills} kills: all gone in {longest:.1f} s at most, weights {worst:.1e} apart at most")


if __name__ == "__main__":
    main()
