#!/usr/bin/env python3
"""Finds folders of one target that need each other.

Usage: Scripts/check_circles.py [FOLDER], from the repository's root; FOLDER is Sources unless given.

A folder needs another one when one of its files names a type that the other declares. Comments and
strings do not count, nor do types that a name may mean elsewhere as well: those that several folders
declare, or that are nested in another type. Exit status 1 when there is a circle.
"""

import collections
import pathlib
import re
import sys

DECLARATION = re.compile(
    r"^(?:@\w+ )*(?:(?:public|package|private|fileprivate|final|indirect) )*"
    r"(?:struct|class|enum|protocol|actor|typealias) (\w+)",
    re.M,
)
NOISE = re.compile(r'//[^\n]*|"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"')


def folder(path: pathlib.Path, target: pathlib.Path) -> str:
    """The folder inside the target, with all inside of it; `.` for files that lie beside folders."""
    return (path.parent.relative_to(target).parts or (".",))[0]


def edges(target: pathlib.Path) -> dict[str, dict[str, set[str]]]:
    """Which folder needs which, each with the reasons."""
    texts = {path: NOISE.sub(" ", path.read_text()) for path in sorted(target.rglob("*.swift"))}
    homes = collections.defaultdict(set)
    for path, text in texts.items():
        for name in DECLARATION.findall(text):
            homes[name].add(folder(path, target))
    found = collections.defaultdict(lambda: collections.defaultdict(set))
    for path, text in texts.items():
        here = folder(path, target)
        for name in set(re.findall(r"\b[A-Z]\w*", text)):
            for home in homes.get(name, ()):
                if home != here and len(homes[name]) == 1:
                    found[here][home].add(f"{path.name}: {name}")
    return found


def circles(found: dict[str, dict[str, set[str]]]) -> list[list[str]]:
    """The groups of folders that all lead to each other (Tarjan)."""
    index, low, stack, groups = {}, {}, [], []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(found.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(group) > 1:
                groups.append(sorted(group))

    for node in sorted(found):
        if node not in index:
            visit(node)
    return groups


def main() -> int:
    sources = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "Sources")
    count = 0
    for target in sorted(path for path in sources.iterdir() if path.is_dir()):
        found = edges(target)
        for group in circles(found):
            count += 1
            print(f"{target}: these folders need each other: {', '.join(group)}")
            for here in group:
                for other in sorted(set(found[here]) & set(group)):
                    reasons = sorted(found[here][other])
                    shown = ", ".join(reasons[:6]) + (", …" if len(reasons) > 6 else "")
                    print(f"  {here} -> {other}: {shown}")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
