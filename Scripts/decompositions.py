"""Prints Sources/Tokenizer/Unicode/Decompositions.swift: the canonical decompositions of Unicode that
the `tokenizers` library knows; with --compatible CompatibleCharacters.swift beside it. Needs
tokenizers 0.23.

    python Scripts/decompositions.py > Sources/Tokenizer/Unicode/Decompositions.swift
"""

import argparse
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
COMPATIBLE_HEADER = '''/// What takes the place of characters that are compatible with others, in the Unicode 9 of the
/// `tokenizers` library.
///
/// Made by `Scripts/decompositions.py`. All is hexadecimal. `A0:` says which code point the next
/// entry is for; the entries after it are for the code points after that one. What an entry holds is
/// decomposed to the end.
enum CompatibleCharacters {
  static let text = """
'''
FOOTER = '    """\n}'


def entry(character):
    parts = unicodedata.decomposition(character).split()
    composes = unicodedata.normalize("NFC", character) == character
    return ("+" if composes else "-").join(f"{int(part, 16):X}" for part in parts)


def canonical():
    library = normalizers.NFD()
    for code in characters():
        if library.normalize_str(chr(code)) != chr(code):
            yield code, entry(chr(code))


def compatible():
    canonical, library = normalizers.NFD(), normalizers.NFKD()
    for code in characters():
        parts = library.normalize_str(chr(code))
        if parts != canonical.normalize_str(chr(code)):
            yield code, "-".join(f"{ord(part):X}" for part in parts)


def characters():
    """All but surrogates, which are no characters, and Hangul, which is computed."""
    return (
        code
        for code in range(0x110000)
        if not 0xD800 <= code < 0xE000 and not 0xAC00 <= code < 0xD7A4
    )


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--compatible", action="store_true")
    options = parser.parse_args()
    words = []
    last = None
    for code, parts in compatible() if options.compatible else canonical():
        if last != code - 1:
            words.append(f"{code:X}:")
        words.append(parts)
        last = code

    lines = textwrap.wrap(" ".join(words), 96, break_on_hyphens=False, break_long_words=False)
    header = COMPATIBLE_HEADER if options.compatible else HEADER
    print(header + "".join(f"    {line}\n" for line in lines) + FOOTER)


if __name__ == "__main__":
    main()
