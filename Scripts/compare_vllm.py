#!/usr/bin/env python3
"""Compares what vLLM computes of saved directories with what Billhook does.

    python3 Scripts/compare_vllm.py --billhook ./billhook --text FILE DIRECTORY [DIRECTORY ...]

The first 200 tokens of the text are measured in each directory, by vLLM and by `billhook`: the perplexity
of the 199 that are predicted. Directories of every form that vLLM opens will do: families, `mistral`,
`nemotron_nas`, and weights in codes of GPTQ, which vLLM computes with in bfloat16 and everything else here
in f32.

Needs vllm (its build for CPUs suffices) and tokenizers; no other check needs this script.
"""

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COUNT = 200
TOLERANCE = 1e-4
# By the rounding of activations, of which codes know nothing.
TOLERANCE_IN_BFLOAT16 = 2e-2
RECIPE = """model "{directory}"
data words = tokens "{tokens}" {{ bos = none }}
evaluate perplexity on words
"""


def is_in_codes(directory):
    return "quantization_config" in json.loads((directory / "config.json").read_text())


def by_vllm(directory, tokens):
    """The perplexity by vLLM; called in a process of its own, as vLLM opens one model in each."""
    from vllm import LLM, SamplingParams

    model = LLM(
        model=str(directory),
        trust_remote_code=True,
        dtype="bfloat16" if is_in_codes(directory) else "float32",
        enforce_eager=True,
        max_model_len=256,
        max_num_seqs=1,
        disable_log_stats=True,
    )
    settings = SamplingParams(temperature=0, max_tokens=1, prompt_logprobs=1)
    (found,) = model.generate([{"prompt_token_ids": tokens}], settings)
    chances = [found.prompt_logprobs[place][tokens[place]].logprob for place in range(1, COUNT)]
    return math.exp(-sum(chances) / len(chances))


def in_own_process(directory, file):
    settings = {
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "HF_HUB_OFFLINE": "1",
    }
    done = subprocess.run(
        [sys.executable, __file__, "--tokens", str(file), str(directory)],
        capture_output=True, text=True, env={**os.environ, **settings},
    )
    found = re.search(r"^perplexity (\S+)$", done.stdout, re.MULTILINE)
    if not found:
        raise SystemExit(f"vLLM fails on {directory}:\n{(done.stdout + done.stderr)[-2000:]}")
    return float(found[1])


def by_billhook(billhook, directory, file, work):
    recipe = work / "a.recipe"
    recipe.write_text(RECIPE.format(directory=directory, tokens=file))
    subprocess.run(
        [billhook, "run", str(recipe), "--work", str(work / "work"), "--quiet"],
        check=True, stdout=subprocess.DEVNULL,
    )
    newest = sorted((work / "work" / "runs").iterdir())[-1]
    (row,) = json.loads((newest / "report.json").read_text())["rows"]
    return row["metrics"][0]["value"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directories", nargs="+", help="saved directories")
    parser.add_argument("--billhook", default=str(ROOT / "billhook"))
    parser.add_argument("--text", help="a file of text")
    parser.add_argument("--tokens", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    directories = [Path(path).resolve() for path in arguments.directories]
    if arguments.tokens:
        tokens = [int(word) for word in Path(arguments.tokens).read_text().split()]
        print(f"perplexity {by_vllm(directories[0], tokens)!r}", flush=True)
        return 0
    if not arguments.text:
        parser.error("--text is missing")
    from tokenizers import Tokenizer

    text = Path(arguments.text).read_text(encoding="utf-8")[: 50 * COUNT]
    isWell = True
    with tempfile.TemporaryDirectory() as name:
        for directory in directories:
            tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
            tokens = tokenizer.encode(text, add_special_tokens=False).ids[:COUNT]
            file = Path(name) / "words.tokens"
            file.write_text(" ".join(map(str, tokens)) + "\n")
            own = by_billhook(arguments.billhook, directory, file, Path(name))
            other = in_own_process(directory, file)
            apart = abs(other / own - 1)
            limit = TOLERANCE_IN_BFLOAT16 if is_in_codes(directory) else TOLERANCE
            isWell = isWell and apart <= limit
            print(
                f"{directory.parent.name}/{directory.name}: {own:.4f} by Billhook, {other:.4f} by vLLM, "
                f"{apart:.1e} apart" + ("" if apart <= limit else "  WRONG"),
                flush=True,
            )
    return 0 if isWell else 1


if __name__ == "__main__":
    sys.exit(main())
