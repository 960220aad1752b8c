"""Writes Tests/Fixtures/tokenizers: small tokenizers and what the `tokenizers` library makes of some
texts with them and with variants of them. Needs tokenizers 0.23.

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
CL100K = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*"
    r"|\s*[\r\n]|\s+(?!\S)|\s+"
)
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
TEKKEN = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*|\p{{N}}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
O200K = TEKKEN.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
O200K = O200K.replace(f"{LOWER}+|", f"{LOWER}+{GPT2_CONTRACTIONS}?|")
O200K = O200K.replace(f"{LOWER}*|", f"{LOWER}*{GPT2_CONTRACTIONS}?|")
# Patterns of no family here, for the rest of what patterns may hold.
HAN_AND_WORDS = (
    r"[一-龥ぁ-ゟ゠-ヿ]+|[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"
    r"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s?\d{2,4}"
)

# What DeepSeek's first models list as letters with two cases.
DEEPSEEK_LETTERS = (
    "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿ\u0386\u0388-\u038a\u038c\u038e-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿ"
    "ᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d"
    "\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec"
    "\u1ff2-\u1ff4\u1ff6-\u1ffcℂℇℊ-ℓℕℙ-ℝ\u2124\u2126\u2128\u212a-\u212dℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭ"
    "Ꚁ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃"
)
DEEPSEEK3 = (
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
    r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
BLOOM = " ?[^(\\s|[.,!?…。，、।۔،])]+"
JAIS_2 = LLAMA3.replace(
    r"|\s+(?!\S)|\s+",
    "".join(rf"|\s{{{2**n}}}(?!\S)" for n in range(9, 1, -1)) + r"|\s{1,2}(?!\S)|\s{1}",
)
EXAONE = (
    GPT2_CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+"
)


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


def texts(rng, lines):
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
    pieces += ["7", "2024", "é", "🙂", "語", "\x00", "\u0301", "\u2009", "."] + lines[:40]
    for _ in range(60):
        yield "".join(rng.choices(pieces, k=rng.randint(1, 8)))


def unsplit(lines):
    """Merges reach over all that could be a border of words, so each border shows in the ids."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=900,
        max_token_length=8,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single="<s> $A", pair="$A $B", special_tokens=[("<s>", 0)]
            ),
        ]
    )
    tokenizer.add_special_tokens([AddedToken("<|end|>", rstrip=True, normalized=False)])
    return tokenizer


def border_texts():
    words = ["iPhone", "HTTPServer", "ABCdef", "ǅungla", "日本ABC", "ABC日本x", "ʰaB", "caffe\u0301S"]
    words += ["don't", "WE'LL", "I'm", "a'ſ", "x'ſ1", "12345", "1a2B", "٣٤٥٦", "Ⅻx", "²³4", "ªº"]
    signs = [" ", "  ", "\n", " \n", "\r\n\r\n", "\t", "\u3000", "/", "...", "!\n/", " //", "-", "--"]
    signs += ["\u0301", "é", "\u200d", "\u0903", "\x00", "'", " '", "_", "$", "€", "「", "ー", "<|end|>"]
    everything = words + signs
    pick = random.Random(11)
    for _ in range(55):
        yield "".join(pick.choices(everything, k=pick.randint(3, 11)))


def composing_texts():
    """What canonical composition may change or must leave alone."""
    yield from [
        "e\u0301 é E\u0301\u0302", "a\u0323\u0302 a\u0302\u0323 ậ", "q\u0307\u0323", "\u1e9b\u0323",
        "\u0301a", " \u0301", "\u212b \u2126 \u212a", "\u0344 \u0308\u0301", "\u0958 \u0915\u093c",
        "\u1100\u1161\u11a8 \uac00\u11a8 \uac01\u11a8 \uac1c\u11c2 \u1112\u1176 \u1100\u1100\u1161",
        "\uf900 \ufa30 \U0002f800 \U0002fa1d", "\u0f71\u0f72 \u0f73 \u032c\u0f81 \u0f75\u0301",
        "\u09c7\u09be \u0b47\u0b56 \u1025\u102e", "\U0001d15e \U0001d157\U0001d165\U0001d16e",
        "\U00011131\U00011127 \U00011935\U00011930 \U00011938", "\u0300\u0301\u0316\u0317" * 12,
        "a" + "\u0316\u0301" * 20 + "\u0302b", "\u05d9\u05b4 \ufb1d \ufb2c", "\u3046\u3099 か\u3099",
        "\u0cc6\u0cc2\u0cd5", "\u1b05\u1b35", "\u0db3\u0dca \u0dd9\u0dcf\u0dca", "\u2adc \u2add\u0338",
        "<|end|>e\u0301<|end|> \u0301", "\u1df9\u0301\u0345 \u08d3\u0301", "x\u1e2ee\u0331 \U0001e4ee\u0301",
    ]


def golden(tokenizer, name, variants, texts, first="as it is", base=None):
    document = json.loads(tokenizer.to_str())
    if base is None:
        write(FOLDER / f"{name}.json", document)

    results = []
    for title, changes in ([(first, [])] if first else []) + variants:
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


def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    parts = [
        {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert},
        {
            "type": "ByteLevel",
            "add_prefix_space": False,
            "trim_offsets": True,
            "use_regex": False,
        },
    ]
    return [["pre_tokenizer"], {"type": "Sequence", "pretokenizers": parts}]


def regex(pattern):
    return {
        "type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False
    }


def steps(*parts):
    """The steps of a pre-tokenizer; a pattern stands for a split by it."""
    parts = [regex(part) if isinstance(part, str) else part for part in parts]
    return [[["pre_tokenizer"], {"type": "Sequence", "pretokenizers": parts}]]


def byte_step(cuts):
    return {
        "type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": cuts
    }


def published():
    """How tokenizers of known models cut text."""
    plain, cutting = byte_step(False), byte_step(True)
    each = {"type": "Digits", "individual_digits": True}
    numbers = {"type": "Digits", "individual_digits": False}
    signs = {"type": "Punctuation", "behavior": "Contiguous"}
    asian = "[一-龥ࠀ-一가-\ud7ff]+"
    kana = "[一-龥぀-ゟ゠-ヿ]+"
    wide = "\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+"
    return [
        ("Qwen 3.5", steps(QWEN2.replace(r"?\p{L}+", r"?[\p{L}\p{M}]+"), plain)),
        ("Ling", steps(CL100K.replace("{1,3}", ""), plain)),
        (
            "DeepSeek LLM",
            steps("[\r\n]", f"\\s?[{DEEPSEEK_LETTERS}]+", wide, r"\s+$", asian, each, plain),
        ),
        ("DeepSeek Coder", steps("[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", asian, each, plain)),
        ("DeepSeek V3", steps(r"\p{N}{1,3}", kana, DEEPSEEK3, plain)),
        ("Falcon", steps(signs, cutting, numbers, "[0-9][0-9][0-9]")),
        ("StarCoder", steps(each, cutting)),
        ("BLOOM", steps(BLOOM, plain)),
        ("Viking", steps(BLOOM, each, plain)),
        ("Jais 2", steps(JAIS_2, plain)),
        ("EXAONE", steps(EXAONE, plain)),
        ("SuperBPE", steps(r"\p{N}+", r"(?=(\d{3})+(?!\d))", plain)),
        (
            "Youtu",
            steps("[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|" + kana, O200K, plain),
        ),
        ("Gemma 4", steps(r"[^\n]+|[\n]+", plain)),
        (
            "Chameleon",
            steps(
                "<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D){1,4})Z", "([\t\n]|    |  )", each, signs,
                cutting,
            ),
        ),
    ]


def digits(individual):
    parts = [
        {"type": "Digits", "individual_digits": individual},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
    ]
    return [["pre_tokenizer"], {"type": "Sequence", "pretokenizers": parts}]


def marks(scheme, splits):
    part = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": splits}
    return [[["normalizer"], None], [["pre_tokenizer"], part], [["decoder"], part]]


def main():
    rng = random.Random(20240607)
    lines = list(sentences(rng, 3000))
    chosen = list(dict.fromkeys(texts(rng, lines)))
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

    borders = list(dict.fromkeys(border_texts()))
    wild = unsplit(borders * 20)
    golden(
        wild,
        "unsplit",
        [
            ("GPT-2", [split("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+")]),
            ("Phi-4", [split(LLAMA3, "Removed", True)]),
            ("cl100k", [split(CL100K)]),
            ("Tekken", [split(TEKKEN)]),
            ("GPT-4o", [split(O200K)]),
            ("parts apart", [split(HAN_AND_WORDS)]),
            ("parts left out", [split(HAN_AND_WORDS, "Removed")]),
            ("parts kept", [split(HAN_AND_WORDS, "Removed", True)]),
            ("joined to the previous", [split("-", "MergedWithPrevious", False, "String")]),
            ("joined to the next", [split(r"[\-/]", "MergedWithNext")]),
            ("joined to the next, inverted", [split("-", "MergedWithNext", True, "String")]),
            ("joined", [split(r"[\-/\s]", "Contiguous")]),
            ("digits", [digits(True)]),
            ("numbers", [digits(False)]),
        ],
        borders,
    )
    golden(
        wild,
        "composed",
        [("Qwen 2", [[["normalizer"], {"type": "NFC"}], split(QWEN2)])],
        list(composing_texts()),
        first=None,
        base="unsplit",
    )
    gemma = [
        [["normalizer"], {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}],
        [
            ["pre_tokenizer"],
            {
                "type": "Split",
                "pattern": {"String": " "},
                "behavior": "MergedWithPrevious",
                "invert": False,
            },
        ],
        [
            ["decoder"],
            {
                "type": "Sequence",
                "decoders": [
                    {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                    {"type": "ByteFallback"},
                    {"type": "Fuse"},
                ],
            },
        ],
    ]
    golden(wild, "published", published(), borders, first=None, base="unsplit")
    golden(
        metaspace(lines),
        "one-word",
        [("Gemma", gemma), ("Mistral v0.3", marks("first", False))],
        chosen[:75],
        first=None,
        base="metaspace",
    )


if __name__ == "__main__":
    main()
