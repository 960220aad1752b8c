#!/usr/bin/env python3
"""Finds folders of a target that need each other, by the names of the types in their files.

usage: check_circles.py [--graph] [SOURCES]

A folder needs another one where one of its files names a type that the other declares. Folders that
need each other, directly or through others, form a circle: none of them can be understood, tested or
moved without the rest. Prints each circle with a shortest way around it, and ends with status 1 where
there is one; --graph prints what each folder needs as well. SOURCES is a folder of targets, `Sources`
unless it is said.
"""

import argparse
import re
import sys
from collections import defaultdict
from pathlib import Path

DECLARATION = re.compile(
    r"^(?P<indent> *)(?:@\w+(?:\([^)]*\))? )*"
    r"(?:(?:public|package|internal|fileprivate|private|final|indirect|nonisolated) )*"
    r"(?:struct|class|enum|protocol|actor|typealias) (?P<name>[A-Z]\w*)",
    re.MULTILINE,
)
NAME = re.compile(r"(?<![.\w])[A-Z]\w*")
# Comments and the text of strings name types without needing them.
IGNORED = re.compile(r'""".*?"""|"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)


def code(path: Path) -> str:
    return IGNORED.sub(lambda found: '""' if found[0].startswith('"') else "", path.read_text())


def folders(target: Path) -> dict[str, list[Path]]:
    """The target's own folders with their files; files beside them belong to none."""
    return {
        folder.name: sorted(folder.rglob("*.swift"))
        for folder in sorted(target.iterdir())
        if folder.is_dir() and any(folder.rglob("*.swift"))
    }


def needs(target: Path) -> dict[str, dict[str, tuple[str, str]]]:
    """For each folder, the folders that it needs, each with one file and type that show it."""
    texts = {name: {path: code(path) for path in paths} for name, paths in folders(target).items()}
    homes = defaultdict(set)
    for folder, files in texts.items():
        for text in files.values():
            for found in DECLARATION.finditer(text):
                # A nested type is named through the one around it.
                if not found["indent"]:
                    homes[found["name"]].add(folder)
    graph = {folder: {} for folder in texts}
    for folder, files in texts.items():
        for path, text in files.items():
            for name in sorted(set(NAME.findall(text))):
                if len(homes[name]) == 1 and folder not in homes[name]:
                    (home,) = homes[name]
                    graph[folder].setdefault(home, (str(path.relative_to(target)), name))
    return graph


def way(graph: dict[str, dict], start: str, end: str) -> list[str] | None:
    """A shortest way from one folder to another, both named."""
    before = {start: None}
    queue = [start]
    for here in queue:
        for there in graph[here]:
            if there == end:
                steps = [end, here]
                while before[steps[-1]] is not None:
                    steps.append(before[steps[-1]])
                return steps[::-1]
            if there not in before:
                before[there] = here
                queue.append(there)
    return None


def circles(graph: dict[str, dict]) -> list[list[str]]:
    """One shortest way around for each group of folders that need each other."""
    found, seen = [], set()
    for folder in graph:
        around = way(graph, folder, folder)
        if around and folder not in seen:
            found.append(around)
            seen |= {
                other for other in graph if way(graph, folder, other) and way(graph, other, folder)
            }
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="?", default="Sources", type=Path)
    parser.add_argument("--graph", action="store_true", help="print what each folder needs")
    arguments = parser.parse_args()
    status = 0
    for target in sorted(path for path in arguments.sources.iterdir() if path.is_dir()):
        graph = needs(target)
        if arguments.graph:
            for folder, others in graph.items():
                print(f"{target.name}/{folder}: {', '.join(others) or 'nothing'}")
        for around in circles(graph):
            status = 1
            print(f"{target}: folders that need each other: {' -> '.join(around)}")
            for one, other in zip(around, around[1:]):
                file, name = graph[one][other]
                print(f"  {file} names {name}, which {other} declares")
    return status


if __name__ == "__main__":
    sys.exit(main())
