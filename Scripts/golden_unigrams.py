"""Writes the unigram tokenizers of Tests/Fixtures/tokenizers, and what the `tokenizers` library makes
of some texts with them and with variants of them. One is trained by that library, one by
SentencePiece, whose normalization it keeps. Needs tokenizers 0.23, sentencepiece 0.2 and protobuf.

    python Scripts/golden_unigrams.py
"""

import io
import json
import random

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers import processors, trainers

from golden_tokenizers import add_tokens, golden, sentences, texts

BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
# The lines that tokenizers of SentencePiece see besides made-up words.
LANGUAGES = [
    "吾輩は猫である。名前はまだ無い。", "どこで生れたか頓と見当がつかぬ。", "ｶﾀｶﾅ と ｆｕｌｌｗｉｄｔｈ １２３",
    "天地玄黃,宇宙洪荒。日月盈昃,辰宿列張。", "Все счастливые семьи похожи друг на друга.",
    "모든 국민은 법 앞에 평등하다.", "كان يا ما كان في قديم الزمان", "सभी मनुष्य जन्म से स्वतंत्र हैं",
    "Ça m’a coûté 3½ € à l’œil…", "Ünïcödé naïve façade Ångström e\u0301", "ﬁnd the oﬃce №5 ™ ℃",
]


def library(lines):
    """What `tokenizers` trains: no normalization, marks before words."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    trainer = trainers.UnigramTrainer(
        vocab_size=500, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="$A $B", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    add_tokens(tokenizer)
    return tokenizer


def sentence_piece(lines):
    """What SentencePiece trains, put together as transformers converts it."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, vocab_size=1000, model_type="unigram",
        byte_fallback=True, character_coverage=0.998, normalization_rule_name="nmt_nfkc",
        user_defined_symbols=["\u2581\u2581", "\u2581\u2581\u2581"], num_threads=1,
        minloglevel=2, hard_vocab_limit=False,
    )
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    pieces = [(piece.piece, piece.score) for piece in proto.pieces]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=True))
    charsmap = proto.normalizer_spec.precompiled_charsmap
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("\u2581", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="$A $B", special_tokens=[("<s>", 1)]
    )
    tokenizer.add_special_tokens([AddedToken("<s>", normalized=False)])
    tokenizer.add_tokens([AddedToken("big one", normalized=True)])
    return tokenizer


def unigram_texts(rng, lines):
    yield from list(texts(rng, lines))[:95]
    yield from LANGUAGES
    yield from [
        "a\u200bb \u200b c", "\u200b\u200ba", "\ufeffa", "\u3000a\u3000b", " \u3000 x", "\xa0\xa0a",
        "①②③ ㍿ ㌔ ㌖ ﷺ", "E\u0301e\u0301\u0302 I\u0307 ﬃ", "\u1100\u1161\u11a8 한글", "\r\na\r\n", "\x85a",
        "\u0915\u093c \u0958", "🏳\ufe0f\u200d🌈 🇯🇵 👩🏽\u200d💻", "\u2028x", "Ⅷ ⅔ ǆ", "ｶﾞ ﾊﾟ", "①①xyz",
        "\U00020000\U0002f800", "<unk>x", "x<unk>", "語<unk>語", "\x00a\x00", "\x01a\x7f", "~〜～", "˜x", "\u1fc0", "  \u1fc0",
    ]
    yield "無" * 200 + "x" * 200
    pieces = LANGUAGES + [" ", "  ", "\u3000", "🙂", "\u0301", "\u200b", "\u2581", "<s>", "<unk>", "①"]
    for _ in range(25):
        yield "".join(rng.choices(pieces + lines[:40], k=rng.randint(1, 5)))


def marks(scheme, splits):
    part = {
        "type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme, "split": splits
    }
    return [["pre_tokenizer"], part]


def sequence(*steps):
    return [["normalizer"], {"type": "Sequence", "normalizers": list(steps)}]


def main():
    rng = random.Random(20250311)
    lines = list(sentences(rng, 1500)) + LANGUAGES * 8
    rng.shuffle(lines)
    chosen = list(dict.fromkeys(unigram_texts(rng, lines)))
    replaced = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
    spaces = {"type": "Replace", "pattern": {"Regex": "\\s{2,}"}, "content": " "}
    bare = [["pre_tokenizer"], None]

    tokenizer = library(lines)
    words = {
        "type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, marks("first", True)[1]]
    }
    strip = {"type": "Strip", "strip_left": True, "strip_right": True}
    golden(
        tokenizer,
        "unigram",
        [
            ("one word", [marks("first", False), sequence(strip)]),
            ("Llama", [bare, sequence({"type": "Prepend", "prepend": "\u2581"}, replaced)]),
            ("NFKC", [marks("never", True), sequence({"type": "NFKC"}, spaces, strip)]),
            ("first of what is left", [marks("first", True), sequence({"type": "NFKC"}, strip)]),
            ("words", [[["pre_tokenizer"], words]]),
        ],
        chosen,
    )
    golden(
        sentence_piece(lines),
        "sentencepiece",
        [
            ("no bytes", [[["model", "byte_fallback"], False], marks("first", True)]),
            ("one word", [bare, [["normalizer", "normalizers"], [
                json.loads(normalizers.Prepend("\u2581").__getstate__()), replaced
            ]]]),
        ],
        chosen,
    )


if __name__ == "__main__":
    main()
