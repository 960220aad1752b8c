#!/usr/bin/env python3
"""Finds folders of one target that need each other.

Usage: Scripts/check_circles.py [FOLDER], from the repository's root; FOLDER is Sources unless given.

A folder needs another one when one of its files names a type that the other declares, or a member that an
extension in the other adds. Comments and strings do not count, nor do names that may mean something else:

- types that several folders declare, or that are nested in another type;
- members of which a folder of any target declares the name too, or that are used where nobody can see
  them. With the type before them, as in `Value.parse`, they count where that type has them once.

Exit status 1 when there is a circle.
"""

import collections
import functools
import pathlib
import re
import sys

KINDS = "struct|class|enum|protocol|actor|typealias"
ATTRIBUTES = r"(?:@\w+(?:\([^)\n]*\))? )*"
DECLARATION = re.compile(
    rf"^{ATTRIBUTES}(?:(?:public|package|private|fileprivate|final|indirect) )*(?:{KINDS}) (\w+)",
    re.M,
)
# What stands at the left edge and has members: the type, without generics and conformances, and the lines.
HOLDER = re.compile(
    rf"^{ATTRIBUTES}(?P<words>(?:(?:public|package|private|fileprivate|final|indirect) )*)"
    rf"(?P<kind>extension|{KINDS}) (?P<type>\[[^\n\]]*\]|[\w.]+)[^{{}}]*\{{\n(?P<body>(?:.*\n)*?)\}}",
    re.M,
)
# Private members are of no use in other files.
MEMBER = re.compile(
    rf"^  {ATTRIBUTES}(?P<words>(?:(?:public|package|static|final|mutating|nonisolated|indirect) )*)"
    rf"(?:func|var|let|{KINDS}) (?P<name>\w+)",
    re.M,
)
# Whatever gets a name, at any depth; cases may share a line.
NAMED = re.compile(rf"\b(?:func|var|let|for|associatedtype|{KINDS})\s+`?(\w+)")
CASES = re.compile(r"^ *(?:indirect )?case (\w.*)$", re.M)
LABEL = re.compile(r"\b(\w+):")
DOTTED = re.compile(r"\.(\w+)")
CALLED = re.compile(r"(?<![\w.`])(\w+)\(")
NOISE = re.compile(r'//[^\n]*|"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"')

Edges = dict[str, dict[str, set[str]]]


def folder(path: pathlib.Path, target: pathlib.Path) -> str:
    """The folder inside the target, with all inside of it; `.` for files that lie beside folders."""
    return (path.parent.relative_to(target).parts or (".",))[0]


class Sources:
    """The targets of a folder, and what their files declare and use."""

    def __init__(self, folder_of_targets: pathlib.Path):
        self.targets = sorted(path for path in folder_of_targets.iterdir() if path.is_dir())
        self.texts = {
            target: {
                path: NOISE.sub(" ", path.read_text(encoding="utf-8"))
                for path in sorted(target.rglob("*.swift"))
            }
            for target in self.targets
        }
        # Where something has a name, and where a name is used after a dot, each as target and folder.
        self.named, self.labels, self.used = (collections.defaultdict(set) for _ in range(3))
        for target, texts in self.texts.items():
            for path, text in texts.items():
                place = (target, folder(path, target))
                cases = " ".join(CASES.findall(text))
                for name in NAMED.findall(text) + re.findall(r"\w+", cases):
                    self.named[name].add(place)
                for name in LABEL.findall(text):
                    self.labels[name].add(place)
                for name in DOTTED.findall(text):
                    self.used[name].add(target)

    @functools.cache
    def seen(self, target: pathlib.Path) -> frozenset[pathlib.Path]:
        """The targets whose files may use what the target shows, the target included."""
        imports = {
            other: set(re.findall(r"\bimport Billhook(\w+)", " ".join(texts.values())))
            for other, texts in self.texts.items()
        }
        found = {target}
        while True:
            names = {other.name for other in found}
            more = found | {other for other, named in imports.items() if named & names}
            if more == found:
                return frozenset(found)
            found = more

    def members(self, target: pathlib.Path) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
        """The folders of members that extensions add: by names that mean nothing else, and by names of
        types with theirs."""
        added, owned = collections.defaultdict(set), collections.defaultdict(set)
        visible = collections.defaultdict(lambda: frozenset([target]))
        for path, text in self.texts[target].items():
            here = folder(path, target)
            for holder in HOLDER.finditer(text):
                if re.search(r"\b(?:private|fileprivate)\b", holder["words"]):
                    continue
                for member in MEMBER.finditer(holder["body"]):
                    name = member["name"]
                    owned[(holder["type"], name)].add(here)
                    if holder["kind"] == "extension":
                        added[name].add(here)
                    if re.search(r"\b(?:public|package)\b", holder["words"] + member["words"]):
                        visible[name] = self.seen(target)
        alone = {
            name: next(iter(homes))
            for name, homes in added.items()
            if len(homes) == 1 == len(self.named[name]) and self.used[name] <= visible[name]
        }
        return alone, {key: next(iter(homes)) for key, homes in owned.items() if len(homes) == 1}

    def edges(self, target: pathlib.Path) -> Edges:
        """Which folder needs which, each with the reasons."""
        homes = collections.defaultdict(set)
        for path, text in self.texts[target].items():
            for name in DECLARATION.findall(text):
                homes[name].add(folder(path, target))
        alone, owned = self.members(target)
        found = collections.defaultdict(lambda: collections.defaultdict(set))
        for path, text in self.texts[target].items():
            here = folder(path, target)
            for name in set(re.findall(r"\b[A-Z]\w*", text)):
                for home in homes.get(name, ()):
                    if home != here and len(homes[name]) == 1:
                        found[here][home].add(f"{path.name}: {name}")
            called = {name for name in CALLED.findall(text) if name not in self.labels}
            for name in called | set(DOTTED.findall(text)):
                if alone.get(name, here) != here:
                    found[here][alone[name]].add(f"{path.name}: .{name}")
            for key in set(re.findall(r"(?<![\w.])([A-Z]\w*)\.(\w+)", text)):
                if owned.get(key, here) != here:
                    found[here][owned[key]].add(f"{path.name}: {'.'.join(key)}")
        return found


def circles(found: Edges) -> list[list[str]]:
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


def report(folder_of_targets: pathlib.Path) -> list[str]:
    """A line for each circle, and one for each of its edges."""
    sources = Sources(folder_of_targets)
    lines = []
    for target in sources.targets:
        found = sources.edges(target)
        for group in circles(found):
            lines.append(f"{target}: these folders need each other: {', '.join(group)}")
            for here in group:
                for other in sorted(set(found[here]) & set(group)):
                    reasons = sorted(found[here][other])
                    shown = ", ".join(reasons[:6]) + (", …" if len(reasons) > 6 else "")
                    lines.append(f"  {here} -> {other}: {shown}")
    return lines


def main() -> int:
    lines = report(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "Sources"))
    for line in lines:
        print(line)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
