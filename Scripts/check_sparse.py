#!/usr/bin/env python3
"""Opens sparse directories that Billhook saved in transformers, and checks their zeros and what they compute.

    python3 Scripts/check_sparse.py --billhook ./billhook DIR [DIR ...]
    python3 Scripts/check_sparse.py --billhook ./billhook --text FILE DIR

Of each directory: `billhook.masks` has a mask of each matrix that it names, in its shape; wherever a bit is
0 the stored weight is +0, to the sign; as many weights are gone as `billhook.json` says; and the perplexity
that `billhook run` reports is that of transformers within 1e-4 of it, both in f32 and on the same tokens:
windows of the text, or random ones. Zeros where the bits are 1 are only counted. The exit status is 1 where
anything else is found. Needs torch, transformers and safetensors.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import transformers
from golden_sparse import NAMES, loss, masks_of
from reference import text_model
from transformers import AutoModelForCausalLM, AutoTokenizer

ROOT = Path(__file__).resolve().parent.parent
TOLERANCE = 1e-4
# Matrices that some families store in one: their rows follow each other.
JOINED = {"qkv_proj": ["query", "key", "value"], "gate_up_proj": ["gate", "up"]}
RECIPE = """
model "{model}" {{ compute = float32 }}
data windows = tokens "{tokens}"
evaluate perplexity on windows
"""


def matrices(model):
    """The matrices of all blocks, with the names that their masks have, one after the other."""
    for number, layer in enumerate(text_model(model).layers):
        for name, module in layer.named_modules():
            if isinstance(module, torch.nn.Linear):
                last = name.split(".")[-1]
                roles = JOINED.get(last) or [NAMES[last]]
                yield [f"{number}.{role}" for role in roles], module.weight.data


def zeros(directory):
    """What is wrong with the masks and the zeros of a directory, and how many weights are gone and how many
    others are zero."""
    model = AutoModelForCausalLM.from_pretrained(directory, dtype="auto")
    masks, faults, counts = masks_of(directory), [], {"gone": 0, "masked": 0, "others": 0}
    for names, weight in matrices(model):
        known = [name for name in names if name in masks]
        if not known:
            continue
        found = [masks.pop(name) for name in known]
        if len(known) < len(names):
            faults.append(f"{', '.join(known)}: has a mask, but not all of {', '.join(names)}")
            continue
        rows, columns = sum(len(mask) for mask in found), found[0].shape[1]
        if (rows, columns // 8) != (weight.shape[0], (weight.shape[1] + 7) // 8):
            faults.append(f"{', '.join(names)}: a mask of {rows} rows and at most {columns} columns for "
                          f"{list(weight.shape)}")
            continue
        mask = torch.cat(found)[:, : weight.shape[1]]
        isZero = weight == 0
        filled, negative = int((~isZero & ~mask).sum()), int((isZero & weight.signbit() & ~mask).sum())
        if filled or negative:
            faults.append(f"{', '.join(names)}: where the mask says that nothing is, {filled} weights are not "
                          f"zero, and {negative} are -0")
        counts["gone"] += int((~mask).sum())
        counts["masked"] += mask.numel()
        counts["others"] += int((isZero & mask).sum())
    faults += [f"{name}: has a mask, and there is no such matrix" for name in masks]
    record = json.loads((Path(directory) / "billhook.json").read_text(encoding="utf-8"))
    said = record["parameters"] - record["non_zero_parameters"]
    if said != counts["gone"]:
        faults.append(f"billhook.json: says that {said} weights are gone, found {counts['gone']}")
    return faults, counts


def windows_of(directory, text, count, length):
    """The first windows of a text, or random ones."""
    if text:
        whole = Path(text).read_text(encoding="utf-8")[: count * length * 20]
        tokenizer = AutoTokenizer.from_pretrained(directory)
        ids = tokenizer(whole, add_special_tokens=False)["input_ids"]
        if len(ids) < count * length:
            raise SystemExit(f"{text}: expected {count * length} tokens, found {len(ids)}")
    else:
        size = transformers.AutoConfig.from_pretrained(directory).get_text_config().vocab_size
        generator = torch.Generator().manual_seed(7)
        ids = torch.randint(0, size, (count * length,), generator=generator).tolist()
    return [ids[start * length : (start + 1) * length] for start in range(count)]


def reported(billhook, directory, windows):
    """The perplexity that `billhook run` reports."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        lines = "".join(" ".join(map(str, window)) + "\n" for window in windows)
        (folder / "windows.txt").write_text(lines, encoding="utf-8")
        recipe = RECIPE.format(model=Path(directory).resolve(), tokens="windows.txt")
        (folder / "sparse.recipe").write_text(recipe, encoding="utf-8")
        subprocess.run([billhook, "run", str(folder / "sparse.recipe"), "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)
        (report,) = folder.glob(".billhook/runs/*/report.json")
        (row,) = json.loads(report.read_text(encoding="utf-8"))["rows"]
        (metric,) = row["metrics"]
        return metric["value"]


def computed(directory, windows):
    """The perplexity by transformers, with plain attention."""
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager")
    model.config.use_cache = False
    return math.exp(loss(model.eval(), windows))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="+", metavar="DIR", help="a directory that Billhook saved")
    parser.add_argument("--billhook", default=str(ROOT / "billhook"))
    parser.add_argument("--text", help="what perplexities are of; without it, random tokens")
    parser.add_argument("--windows", type=int, default=4)
    parser.add_argument("--length", type=int, default=64)
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    transformers.logging.set_verbosity_error()
    isWell = True
    for directory in options.directories:
        faults, counts = zeros(directory)
        windows = windows_of(directory, options.text, options.windows, options.length)
        theirs, own = reported(options.billhook, directory, windows), computed(directory, windows)
        difference = abs(theirs / own - 1)
        if not difference <= TOLERANCE:
            faults.append(f"perplexities differ by more than {TOLERANCE:.0e}")
        print(f"{directory}: {counts['gone']} of {counts['masked']} weights that have masks are gone and +0, "
              f"{counts['others']} others are zero; perplexity {theirs:.6g}, in transformers {own:.6g} "
              f"({difference:.1e} apart)", flush=True)
        for fault in faults:
            print(f"{directory}: {fault}", file=sys.stderr)
        isWell = isWell and not faults
    sys.exit(not isWell)


if __name__ == "__main__":
    main()
