"""Prints Sources/Tokenizer/Decompositions.swift: the canonical decompositions of Unicode that
the `tokenizers` library knows. Needs tokenizers 0.23.

    python Scripts/decompositions.py > Sources/Tokenizer/Decompositions.swift
"""

import textwrap
import unicodedata

from tokenizers import normalizers

HEADER = '''/// The canonical decompositions of Unicode 9, which are those that the `tokenizers` library knows.
///
/// Made by `Scripts/decompositions.py`. All is hexadecimal. `C0:` says which code point the next
/// entry is for; the entries after it are for the code points after that one. `41+300` composes
/// again, `915-93C` and `8C48` do not.
enum Decompositions {
  static let text = """
'''
FOOTER = '    """\n}'


def entry(character):
    parts = unicodedata.decomposition(character).split()
    composes = unicodedata.normalize("NFC", character) == character
    return ("+" if composes else "-").join(f"{int(part, 16):X}" for part in parts)


def main():
    words = []
    library = normalizers.NFD()
    last = None
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000 or 0xAC00 <= code < 0xD7A4:
            continue  # Surrogates are no characters, and Hangul is computed.
        if library.normalize_str(chr(code)) == chr(code):
            continue
        if last != code - 1:
            words.append(f"{code:X}:")
        words.append(entry(chr(code)))
        last = code

    lines = textwrap.wrap(" ".join(words), 96, break_on_hyphens=False, break_long_words=False)
    print(HEADER + "".join(f"    {line}\n" for line in lines) + FOOTER)


if __name__ == "__main__":
    main()
