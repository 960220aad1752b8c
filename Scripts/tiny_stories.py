"""Writes and recognises the little stories that the tiny example model learns.

The stories come from Examples/Data/stories.grammar, whose head describes the format. A text file
holds one story a line, written `<s>Once upon a time, ... friends.</s>` without a space inside the
tags: the tokenizer reads the tags as its two special tokens, and the story between them is the
same text that somebody would type as a prompt.

The committed files are made from the repository root by

    python3 Scripts/tiny_stories.py --seed 1 --stories 1900 > Examples/Data/train.txt
    python3 Scripts/tiny_stories.py --seed 2 --stories 150 --without Examples/Data/train.txt \\
        > Examples/Data/heldout.txt
"""

import argparse
import re
from functools import cache
from pathlib import Path
from random import Random

DATA = Path(__file__).resolve().parent.parent / "Examples" / "Data"
BEGIN, END = "<s>", "</s>"


class Grammar:
    """A context-free grammar: for every rule its alternatives, each a list of symbols."""

    def __init__(self, text: str):
        self.rules: dict[str, list[list[str]]] = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, alternatives = line.split(": ")
                self.rules.setdefault(f"<{name}>", []).extend(
                    alternative.split(" ") for alternative in alternatives.split(" | ")
                )

    @classmethod
    def of_stories(cls) -> "Grammar":
        return cls((DATA / "stories.grammar").read_text())

    def story(self, random: Random) -> str:
        """The text of a random derivation of `story`."""
        return joined(self._derive("<story>", random))

    def _derive(self, symbol: str, random: Random) -> list[str]:
        if symbol not in self.rules:
            return [symbol]
        alternative = random.choice(self.rules[symbol])
        return [word for part in alternative for word in self._derive(part, random)]

    def parses(self, text: str) -> bool:
        """Whether the text is that of some derivation of `story`, to the letter."""
        words = split(text)

        @cache
        def ends(symbol: str, start: int) -> frozenset[int]:
            """Where a derivation of the symbol that begins at word `start` can end."""
            if symbol not in self.rules:
                return frozenset([start + 1] if words[start : start + 1] == [symbol] else [])
            found = set()
            for alternative in self.rules[symbol]:
                places = {start}
                for part in alternative:
                    places = {end for place in places for end in ends(part, place)}
                found |= places
            return frozenset(found)

        return joined(words) == text and len(words) in ends("<story>", 0)


def joined(words: list[str]) -> str:
    """Words and marks as text: a space before every word but the first, none before a mark."""
    return re.sub(r" ([.,])", r"\1", " ".join(words))


def split(text: str) -> list[str]:
    """The words and marks of a text; `joined` of them gives back a text that is well spaced."""
    return re.findall(r"[A-Za-z]+|[.,]", text)


def stories(text: str) -> list[str]:
    """The stories of a text file, without their tags."""
    return [line.removeprefix(BEGIN).removesuffix(END) for line in text.splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes random stories, one a line.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--stories", type=int, required=True, help="how many to write")
    parser.add_argument("--without", type=Path, help="a file whose stories are not written again")
    options = parser.parse_args()

    known = set(stories(options.without.read_text())) if options.without else set()
    grammar, random = Grammar.of_stories(), Random(options.seed)
    written = 0
    while written < options.stories:
        story = grammar.story(random)
        if story not in known:
            print(f"{BEGIN}{story}{END}")
            written += 1


if __name__ == "__main__":
    main()
