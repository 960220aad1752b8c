"""Writes Tests/Fixtures/tokenizers: two small tokenizers and what the `tokenizers` library makes
of some texts with them and with variants of them. Needs tokenizers 0.23.

    python Scripts/golden_tokenizers.py
"""

import json
import random
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers import processors, trainers

FOLDER = Path(__file__).parent.parent / "Tests" / "Fixtures" / "tokenizers"

GPT2_CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LLAMA3 = (
    GPT2_CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace("{1,3}", "")


def sentences(rng, count):
    """Sentences of made-up words, so that there is something to merge."""
    syllables = "ba be bi do du ka ke li lo ma mi na no pa ra re sa so ta ti un er ing est".split()
    words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(400)]
    words += ["don't", "we'll", "it's", "I'm", "naïve", "größer", "Ελλάδα", "привет", "日本語", "🙂"]
    for _ in range(count):
        line = " ".join(rng.choices(words, k=rng.randint(3, 12)))
        yield line.capitalize() + rng.choice([".", "!", "?", ", 42.", " (1999)", "\n", "...\n\n"])


def byte_level(lines):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=580,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="$A $B", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    add_tokens(tokenizer)
    return tokenizer


def metaspace(lines):
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    trainer = trainers.BpeTrainer(
        vocab_size=580, special_tokens=["<unk>", "<s>", "</s>"] + bytes_, show_progress=False
    )
    tokenizer.train_from_iterator((line.replace("🙂", "") for line in lines), trainer)
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    # The bytes were special only for the trainer to keep them; the whole text is one word.
    document = json.loads(tokenizer.to_str())
    document["pre_tokenizer"] = None
    document["added_tokens"] = document["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(document))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="$A $B", special_tokens=[("<s>", 1)]
    )
    add_tokens(tokenizer)
    return tokenizer


def add_tokens(tokenizer):
    tokenizer.add_special_tokens(
        [
            AddedToken("<mask>", lstrip=True, normalized=False),
            AddedToken("<pad>", rstrip=True, normalized=False),
            AddedToken("<pad>d", normalized=False),
        ]
    )
    tokenizer.add_tokens(
        [
            AddedToken("solo", single_word=True, normalized=False),
            AddedToken("big one", normalized=True),
            AddedToken("Öl", normalized=False),
            AddedToken("  ", normalized=False, lstrip=True, rstrip=True, single_word=True),
        ]
    )


def texts(rng):
    yield from [
        "", "a", " a", "  a", "a ", "\t", "\n", "\r\n", "\n\n a", "a\n \n b", "x  y   z",
        "don't", "DON'T we'Ll 'S 'ſ ''s", "it's 's", " 's", "'", "1234567 12 1", "a1b2",
        "１２３ ٣٤٥ ²³ Ⅻ", "...!!! ?", ".\n\n.", ". \r\n a", "e\u0301 é", "Å Å",
        "\u200b\u200d\ufeff", "\xa0a\xa0", "\u3000\u2003 x", "\x85\u2028\u2029", "\u180e",
        "\x00\x01\x7f\x1f", "日本語 中文", "한국어", "🙂👍🏽👩\u200d👩\u200d👧", "𝒳𝟘", "ﷺ ﬁ ﬅ",
        "עברית العربية", "हिन्दी ไทย", "ǅ ʰ ª", "\U0010ffff\U000e0001",
        "\U000323b0\U00033270'd", "<s>", "</s><s>", "<s", "a<s>b", " <s> ", "<unk>", "<0x0A>",
        "▁", "▁▁a", "a▁b", " ▁ a", "Ġa Ċ", "<mask>", "a  <mask>  b", "\n<mask>", "<pad>  x",
        "<pad>d", "<pad><pad> ", "<mask><mask>", "<pad> <mask>", "solo", "asolo", "solo1",
        "solo solo.", "_solo", "é solo", "solo\u0301", "big one", "a big one.", "big  one",
        " big one", "bigone", "   ", "a  b", "a    .", "Öl",
        "aÖl ß",
    ]
    yield from ("ba" * 300, " " * 70, "▁" * 40, "no " * 60, "日" * 50, "a\n" * 40, "é" * 45)
    pieces = ["<s>", "<mask>", "<pad>", "solo", "big one", " ", "  ", "\n", "\r\n", "\t", "'s", "▁"]
    pieces += ["7", "2024", "é", "🙂", "語", "\x00", "\u0301", "\u2009", "."] + sentences_list
    for _ in range(60):
        yield "".join(rng.choices(pieces, k=rng.randint(1, 8)))


def golden(tokenizer, name, variants, texts):
    document = json.loads(tokenizer.to_str())
    write(FOLDER / f"{name}.json", document)

    results = []
    for title, changes in [("as it is", [])] + variants:
        changed = json.loads(json.dumps(document))
        for path, value in changes:
            place = changed
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
        other = Tokenizer.from_str(json.dumps(changed))
        template = other.encode("").ids
        cases = []
        for text in texts:
            ids = other.encode(text, add_special_tokens=False).ids
            whole = other.encode(text).ids
            assert whole == template[:1] + ids + template[1:]
            kept = other.decode(whole, skip_special_tokens=False)
            cases.append([ids, kept, other.decode(whole)])
        results.append(
            {"variant": title, "changes": changes, "template": template, "cases": cases}
        )
    write(FOLDER / f"{name}.golden.json", {"texts": texts, "results": results})


def write(path, document):
    path.write_text(
        json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )
    print(f"{path.name}: {path.stat().st_size} bytes")


def split(pattern):
    parts = [
        {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False},
        {
            "type": "ByteLevel",
            "add_prefix_space": False,
            "trim_offsets": True,
            "use_regex": False,
        },
    ]
    return [["pre_tokenizer"], {"type": "Sequence", "pretokenizers": parts}]


def marks(scheme, splits):
    part = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": splits}
    return [[["normalizer"], None], [["pre_tokenizer"], part], [["decoder"], part]]


rng = random.Random(20240607)
lines = list(sentences(rng, 3000))
sentences_list = lines[:40]
chosen = list(dict.fromkeys(texts(rng)))
ignoring = [["model", "ignore_merges"], True]

golden(
    byte_level(lines),
    "byte-level",
    [
        ("prefix space", [[["pre_tokenizer", "add_prefix_space"], True]]),
        ("one word", [[["pre_tokenizer", "use_regex"], False]]),
        ("Llama 3", [split(LLAMA3), ignoring]),
        ("Qwen 2", [split(QWEN2)]),
    ],
    chosen,
)
no_bytes = [["model", "byte_fallback"], False]
golden(
    metaspace(lines),
    "metaspace",
    [
        ("unknown fused", [no_bytes]),
        ("unknown apart", [no_bytes, [["model", "fuse_unk"], False]]),
        ("marks first", marks("first", True)),
        ("marks always, one word", marks("always", False) + [ignoring]),
        ("marks never, no decoder", marks("never", True) + [[["decoder"], None]]),
    ],
    chosen,
)
