"""Compares Billhook's chat templates with those of transformers, on many conversations each.

    python Scripts/compare_chat.py TEMPLATE.jinja [...] [--count 200] [--seed 1] [--show 3]

For each template conversations are made up: all orders of roles up to four turns, empty and missing
system messages, tools and calls of them, thoughts, text of many scripts, white space at the ends, empty
content. Compared are the text, the spans of `{% generation %}`, and whether there is an error. Needs
transformers, jinja2 and a Swift compiler. The exit status says whether all was equal.
"""

import argparse
import datetime
import itertools
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import transformers.utils.chat_template_utils as utils
from compare_tokenizers import FEATURES, ROOT

NOW = datetime.datetime(2026, 3, 4, 15, 6, 7)
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
TEXTS = [
    "Hello", " two  spaces ", "line\nbreak\n", "\n\nfirst", "Grüße, 世界 🙂", "a\tb", "{{ no }}", "{% if %}",
    "<|im_end|>", "'single' and \"double\"", "back\\slash", "e\u0301 is é", "", "İstanbul ß Σ", "&<>",
    "<think>\nwhy\n</think>\n\nbecause", "[INST] x [/INST]", "\u2028 line", "x" * 300, "नमस्ते",
    '{"a": 1}', "a</think>b", "/no_think please", "<tool_response>r</tool_response>",
]
TOOLS = [
    {"type": "function", "function": {
        "name": "weather", "description": "The weather in a city ☀",
        "parameters": {"type": "object", "properties": {
            "city": {"type": "string", "description": "A <city> & more", "enum": ["a", "b"]},
            "days": {"type": "integer", "minimum": 1.5, "default": None, "x": [1, True]}},
            "required": ["city"]}}},
    {"type": "function", "function": {
        "name": "time", "description": "Now", "parameters": {"type": "object", "properties": {}}}},
]
ROLES = ["system", "user", "assistant", "tool"]


def message(rng, role, number):
    content = rng.choice(TEXTS) if rng.random() < 0.9 else " ".join(rng.sample(TEXTS, 3))
    made = {"role": role, "content": content}
    if role == "assistant":
        if rng.random() < 0.2:
            arguments = {"city": rng.choice(TEXTS), "days": rng.choice([1, 2.5, 1e20, -3]), "on": True}
            made["tool_calls"] = [
                {"type": "function", "id": f"call{number:05}",
                 "function": {"name": "weather", "arguments": arguments}}
            ]
        if rng.random() < 0.2:
            made["reasoning_content"] = rng.choice(TEXTS)
        if rng.random() < 0.1:
            made["reasoning"] = rng.choice(TEXTS)
    if role == "tool":
        made["name"] = "weather"
        made["tool_call_id"] = f"call{number - 1:05}"
    if rng.random() < 0.05:
        made["content"] = [{"type": "text", "text": content}]
    if rng.random() < 0.03 and role == "assistant":
        made["content"] = None
    return made


def conversations(count, seed):
    """What templates are given: first every order of roles, then longer ones at random."""
    rng = random.Random(seed)
    orders = [list(order) for size in (1, 2, 3) for order in itertools.product(ROLES, repeat=size)]
    usual = [["system"] * has + ["user", "assistant"] * turns for has in (0, 1) for turns in (1, 2, 3, 4)]
    for index in range(count):
        if index % 2 == 0:
            order = usual[index // 2 % len(usual)]
            if rng.random() < 0.3:
                order = order + [rng.choice(["user", "tool"])]
        else:
            order = orders[index // 2 % len(orders)]
        messages = [message(rng, role, number) for number, role in enumerate(order)]
        if order[0] == "system" and rng.random() < 0.3:
            messages[0]["content"] = ""
        given = {
            "messages": messages,
            "tools": rng.choice([None, None, TOOLS, TOOLS[:1]]),
            "documents": None,
            "add_generation_prompt": rng.random() < 0.4,
            **TOKENS,
        }
        if rng.random() < 0.2:
            given["enable_thinking"] = rng.random() < 0.5
        # The same as transformers, which does not know null in messages.
        given["messages"] = utils._alias_reasoning_fields(
            [{k: v for k, v in one.items() if v is not None} for one in messages]
        )
        yield given


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


def reference(template, given):
    try:
        compiled = utils._compile_jinja_template(template)
        text, spans = utils._render_with_assistant_indices(
            compiled, given["messages"], given["tools"], given["documents"],
            given["add_generation_prompt"],
            **{k: v for k, v in given.items() if k not in (
                "messages", "tools", "documents", "add_generation_prompt")},
        )
        return {"text": text, "spans": [list(span) for span in spans]}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def sources():
    rooms = [ROOT / "Sources/Files", ROOT / "Sources/Jinja"]
    found = [path for room in rooms for path in sorted(room.rglob("*.swift"))]
    found.append(ROOT / "Sources/Models/Chat/JinjaValue+JSON.swift")
    return [*found, ROOT / "Scripts/compare_chat.swift"]


def compiler(folder, *options):
    """The command that compiles the sources, as one module."""
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
    program = folder / "compare_chat"
    with tempfile.TemporaryDirectory() as copies:
        subprocess.run(compiler(Path(copies), "-O", "-wmo", "-o", str(program)), check=True)
    return program


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("templates", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=3, help="differences shown of each template")
    options = parser.parse_args()
    utils.datetime = Clock
    made = list(conversations(options.count, options.seed))
    cases = [{"template": path.read_text(encoding="utf-8"), "variables": made} for path in options.templates]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = build(folder)
        (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
        subprocess.run([program, folder / "cases.json", folder / "found.jsonl"], check=True)
        lines = (folder / "found.jsonl").read_text(encoding="utf-8").split("\n")
    different = 0
    for path, case, line in zip(options.templates, cases, lines):
        wrong, errors = [], 0
        for given, ours in zip(made, json.loads(line)):
            theirs = reference(case["template"], given)
            errors += "error" in theirs
            if ("error" in ours) != ("error" in theirs) or "error" not in ours and ours != theirs:
                wrong.append((given, ours, theirs))
        different += bool(wrong)
        print(f"{path.stem}: {len(made)} conversations, {errors} refused, {len(wrong)} different")
        for given, ours, theirs in wrong[: options.show]:
            print("  ", json.dumps(given["messages"])[:300])
            print("   ours  ", json.dumps(ours)[-300:])
            print("   theirs", json.dumps(theirs)[-300:])
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
