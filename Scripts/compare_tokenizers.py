"""Compares Billhook's tokenizer with the `tokenizers` library on files and on made-up texts.

    python Scripts/compare_tokenizers.py TOKENIZER.json [FILE ...] [--fuzz COUNT] [--speed]

A file is compared as one text and line by line; of a JSON Lines file, the strings of each line are
the texts. `--fuzz` adds every code point, long runs and COUNT random mixtures. `--speed` measures
both sides on one thread. Ids without and with special tokens and both ways to decode are compared.
Needs tokenizers 0.23 and a Swift compiler. The exit status says whether all was equal.
"""

import argparse
import array
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import unicodedata
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

from tokenizers import Tokenizer  # noqa: E402

ROOT = Path(__file__).parent.parent
FEATURES = ["ExistentialAny", "InternalImportsByDefault", "MemberImportVisibility"]


def sources():
    """The tokenizer's sources and those that they use, none of which needs libtorch."""
    rooms = [ROOT / "Sources/Files", ROOT / "Sources/Tokenizer"]
    found = [path for room in rooms for path in sorted(room.rglob("*.swift"))]
    return [*found, ROOT / "Scripts/compare_tokenizers.swift"]


def compiler(folder, *options):
    """The command that compiles them, as one module, with a program that writes what they give."""
    copies = []
    for source in sources():
        copies.append(folder / source.name)
        text = source.read_text(encoding="utf-8")
        copies[-1].write_text(re.sub(r"^(\w+ )?import Billhook\w+$", "", text, flags=re.M), "utf-8")
    flags = [part for name in FEATURES for part in ("-enable-upcoming-feature", name)]
    flags += ["-package-name", "billhook"]
    command = ["swiftc", *options, "-swift-version", "6", "-parse-as-library", *flags, *copies]
    return [str(part) for part in command]


def build(folder):
    newest = max(source.stat().st_mtime for source in sources())
    program = folder / "compare_tokenizers"
    if not program.exists() or program.stat().st_mtime < newest:
        with tempfile.TemporaryDirectory() as copies:
            command = compiler(Path(copies), "-O", "-wmo", "-o", str(program))
            subprocess.run(command, check=True)
    return program


def texts_of(path):
    if path.suffix == ".jsonl":
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from strings(json.loads(line))
    elif path.suffix == ".json":
        yield from strings(json.loads(path.read_text(encoding="utf-8")))
    else:
        text = path.read_bytes().decode("utf-8", errors="replace")
        yield text
        yield from text.split("\n")


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def fuzz(rng, count, tokenizer):
    """Every code point alone and among others, long runs, and random mixtures."""
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    for start in range(0, len(codes), 64):
        part = codes[start : start + 64]
        yield "".join(map(chr, part))
        yield " a".join(map(chr, part))
    assigned = [code for code in codes if unicodedata.category(chr(code)) != "Cn"]
    active = [
        code
        for code in assigned
        if unicodedata.combining(chr(code)) or unicodedata.decomposition(chr(code))
    ]
    for character in [" ", "a", "A", "1", ".", "\n", "\r\n", "é", "日", "🙂", "\0", "▁", "\u0301"]:
        for length in (2, 31, 32, 33, 100, 2000, 20000):
            yield character * length
    names = list(tokenizer.get_added_tokens_decoder().values())
    names = [token.content for token in names[:40]]
    words = "the The THE don't DON'T we'Ll 'ſ iPhone HTTPServer 3.14 12345 <s> </s> // /n ... —"
    pools = [
        words.split(), names or ["a"], [" ", "  ", "\n", "\r\n", "\t", "\u3000", "\xa0", "\x85"],
        [chr(code) for code in range(0x20, 0x7F)], [chr(code) for code in range(0x20)],
        [chr(code) for code in range(0xA0, 0x370)], [chr(code) for code in range(0x370, 0x600)],
        [chr(code) for code in range(0x900, 0xE00)], [chr(code) for code in active],
        [chr(code) for code in range(0x1100, 0x1200)], [chr(code) for code in range(0x3040, 0x3100)],
        [chr(code) for code in range(0xAC00, 0xAD00)], [chr(code) for code in range(0x4E00, 0x4F00)],
        [chr(code) for code in range(0x1F300, 0x1F700)], [chr(code) for code in range(0x1D400, 0x1D800)],
        [chr(code) for code in assigned], ["\u200d", "\ufe0f", "\u0301", "\u0327", "\ufeff"],
    ]
    for _ in range(count):
        chosen = rng.sample(pools, rng.randint(1, 4))
        yield "".join(rng.choice(rng.choice(chosen)) for _ in range(rng.randint(1, 60)))


def read(numbers):
    """The lists, each of which is preceded by its length."""
    position = 0
    while position < len(numbers):
        end = position + 1 + numbers[position]
        yield numbers[position + 1 : end]
        position = end


def compare(program, tokenizer_path, tokenizer, texts, repeats):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        arguments = [tokenizer_path, folder / "texts.json", folder / "ids.bin", repeats]
        result = subprocess.run([program, *map(str, arguments)], check=True, capture_output=True)
        numbers = array.array("i", (folder / "ids.bin").read_bytes())
    lists = read(numbers)
    tokens = differences = 0
    for text in texts:
        whole = tokenizer.encode(text).ids
        ours = next(lists).tolist(), next(lists).tolist(), decoded(next(lists)), decoded(next(lists))
        theirs = (
            tokenizer.encode(text, add_special_tokens=False).ids,
            whole,
            tokenizer.decode(whole, skip_special_tokens=False),
            tokenizer.decode(whole, skip_special_tokens=True),
        )
        tokens += len(whole)
        if ours == theirs:
            continue
        differences += 1
        if differences <= 3:
            show(text, ours, theirs)
    return tokens, differences, float(result.stdout)


def decoded(numbers):
    return bytes(numbers.tolist()).decode("utf-8")


def show(text, ours, theirs):
    for name, one, other in zip(("ids", "ids with special", "decoded", "skipping"), ours, theirs):
        if one == other:
            continue
        pairs = enumerate(zip(one, other))
        place = next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))
        part = slice(max(0, place - 5), place + 10)
        print(f"  {name} of {text[:60]!r} differ at {place}: {one[part]!r}, expected {other[part]!r}")
        return


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--fuzz", type=int, default=0)
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()

    folder = Path(tempfile.gettempdir()) / f"billhook-compare-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    program = build(folder)
    tokenizer = Tokenizer.from_file(str(options.tokenizer))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    wrong = 0
    groups = [(path.name, list(texts_of(path))) for path in options.files]
    if options.fuzz:
        groups.append(("fuzz", list(fuzz(random.Random(1), options.fuzz, tokenizer))))
    for name, texts in groups:
        repeats = 3 if options.speed else 0
        tokens, differences, seconds = compare(program, options.tokenizer, tokenizer, texts, repeats)
        wrong += differences
        line = f"{name}: {len(texts)} texts, {tokens} tokens, {differences} differences"
        if options.speed:
            megabytes = sum(len(text.encode()) for text in texts) / 1e6
            best = float("inf")
            for _ in range(3):
                start = time.perf_counter()
                tokenizer.encode_batch_fast(texts, add_special_tokens=False)
                best = min(best, time.perf_counter() - start)
            line += f"; {megabytes / seconds:.1f} MB/s, the library {megabytes / best:.1f} MB/s"
        print(line, flush=True)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
