"""Checks that the scripts still run, without what they need to do their work.

    python3 Scripts/check_scripts.py

Each Python script in Scripts and Benchmarks is imported with stand-ins for every package that Python
does not bring along, so names that scripts take from each other have to be there; every global name
that its functions use has to exist; and `--help` is asked of those that have it. Each Swift source
that a script compiles is type-checked, each shell script is parsed, and each has to say how it is used.
check_circles.py has to find made-up circles. Scripts/README.md has to list what lies in Scripts, and
nothing else.
"""

import ast
import builtins
import contextlib
import dis
import importlib
import importlib.abc
import importlib.machinery
import io
import pathlib
import re
import subprocess
import sys
import tempfile
import types

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = [ROOT / "Scripts", ROOT / "Benchmarks"]


class Anything(type):
    """A class that has every attribute, may be called, indexed and inherited from, and is any number."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return cls

    def __call__(cls, *arguments, **_):
        # As a decorator it leaves the function alone.
        alone = len(arguments) == 1 and isinstance(arguments[0], types.FunctionType)
        return arguments[0] if alone else cls

    def __getitem__(cls, key):
        return cls

    def __or__(cls, other):
        return cls

    __ror__ = __neg__ = __mul__ = __rmul__ = __sub__ = __add__ = __truediv__ = __or__

    def __iter__(cls):
        return iter(())


class StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes a module of any name that neither Python nor the scripts have."""

    def __init__(self):
        self.own = {path.stem for folder in FOLDERS for path in folder.glob("*.py")}

    def find_spec(self, name, path, target=None):
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in self.own:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__getattr__ = lambda name: Anything(name, (), {})
        return module

    def exec_module(self, module):
        pass


def codes(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes(constant)


def unknown_names(path, module):
    """The global names that the code of a module uses and that nothing defines."""
    known = set(vars(module)) | set(dir(builtins))
    # What the part for `__main__` defines.
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known.add(node.id)
    code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
    for part in codes(code):
        for step in dis.get_instructions(part):
            if step.opname == "LOAD_GLOBAL" and step.argval not in known:
                yield step.argval


def help_text(path):
    """What the script prints for `--help`."""
    arguments, sys.argv = sys.argv, [str(path), "--help"]
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
            exec(code, {"__name__": "__main__", "__file__": str(path)})
    except SystemExit as end:
        return output.getvalue() if end.code in (0, None) else ""
    finally:
        sys.argv = arguments
    return ""


def python_faults(path):
    text = path.read_text(encoding="utf-8")
    try:
        module = importlib.import_module(path.stem)
    except Exception as error:
        yield f"cannot be imported: {type(error).__name__}: {error}"
        return
    for name in sorted(set(unknown_names(path, module))):
        yield f"uses `{name}`, which nothing defines"
    usage = module.__doc__ or ""
    if f"{path.parent.name}/{path.name}" not in usage and "Imported by" not in usage:
        yield "does not say in its first lines how it is used"
    if "__main__" not in text and "Imported by" not in usage:
        yield "does its work when it is imported: put it under `if __name__ == \"__main__\"`"
    elif "\nimport argparse" in text and not help_text(path):
        yield "has no answer to --help"


def shell_faults(path):
    result = subprocess.run(["bash", "-n", path], capture_output=True, text=True)
    if result.returncode:
        yield result.stderr.strip()
    if f"# Usage: Scripts/{path.name}" not in path.read_text(encoding="utf-8"):
        yield f"does not say how it is used: `# Usage: Scripts/{path.name} …`"


def swift_faults():
    compare = importlib.import_module("compare_tokenizers")
    with tempfile.TemporaryDirectory() as folder:
        command = compare.compiler(pathlib.Path(folder), "-typecheck")
        result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        yield result.stderr.strip()


# Each pair of folders needs each other; by a type, by members that nothing else is named as, or by one
# that its type is named with.
CIRCLES = {
    "Types": {
        "One/Leaf.swift": "struct Leaf { let branch: Branch }\n",
        "Two/Branch.swift": "struct Branch {\n  var leaves: [Leaf] = []\n}\n",
    },
    "Members": {
        "One/Oak.swift": "struct Oak {\n  func cut() -> Oak { Oak().pollarded(to: 2) }\n}\n",
        "Two/Oak+Pollarding.swift": (
            "extension Oak {\n  func pollarded(to height: Int) -> Oak { self }\n}\n"
        ),
    },
    "Owners": {
        "One/Elm.swift": "struct Elm {\n  var again: Elm { Elm.read(text) }\n}\n",
        "Two/Elm+Reading.swift": "extension Elm {\n  static func read() -> Elm { Elm() }\n}\n",
    },
    # Whoever says `.read` or `.length` may mean another one, and what is said in comments is no use.
    "None": {
        "One/Ash.swift": (
            "// pollarded(to: 2)\nstruct Ash {\n  func grow() { Yew().read(); [1].length }\n}\n"
        ),
        "Two/Ash+Reading.swift": (
            "extension Ash {\n  func read() {}\n}\nextension [Ash] {\n  var length: Int { 0 }\n}\n"
        ),
        "Three/Yew.swift": "struct Yew {\n  func read() {}\n  let length = \"Ash\"\n}\n",
    },
}


def circle_faults():
    """What check_circles.py makes of made-up targets."""
    check = importlib.import_module("check_circles")
    with tempfile.TemporaryDirectory() as folder:
        for target, files in CIRCLES.items():
            for name, text in files.items():
                path = pathlib.Path(folder) / target / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        lines = check.report(pathlib.Path(folder))
    found = [line.removeprefix(f"{folder}/") for line in lines if not line.startswith(" ")]
    expected = [
        f"{target}: these folders need each other: One, Two"
        for target in ("Members", "Owners", "Types")
    ]
    if found != expected:
        yield f"finds {found}, where there is {expected}"


def list_faults():
    """Scripts that Scripts/README.md leaves out, and those that it lists but that do not exist."""
    text = (FOLDERS[0] / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| \[`([^`]+)`\]\(\1\) \|", text, re.MULTILINE))
    there = {path.name for ending in ("py", "sh", "swift", "cpp") for path in FOLDERS[0].glob(f"*.{ending}")}
    for name in sorted(there - listed):
        yield f"has no line for {name}"
    for name in sorted(listed - there):
        yield f"lists {name}, which is not there"


def main():
    sys.dont_write_bytecode = True
    sys.meta_path.insert(0, StandIn())
    sys.path[:0] = map(str, FOLDERS)
    faults = []
    count = 0
    for folder in FOLDERS:
        for path in sorted(folder.glob("*.py")):
            count += 1
            faults += [f"{path.relative_to(ROOT)}: {fault}" for fault in python_faults(path)]
        for path in sorted(folder.glob("*.sh")):
            count += 1
            faults += [f"{path.relative_to(ROOT)}: {fault}" for fault in shell_faults(path)]
    faults += [f"Scripts/compare_tokenizers.swift: {fault}" for fault in swift_faults()]
    faults += [f"Scripts/check_circles.py: {fault}" for fault in circle_faults()]
    faults += [f"Scripts/README.md: {fault}" for fault in list_faults()]
    for fault in faults:
        print(f"scripts: {fault}", file=sys.stderr)
    print(f"{count} scripts, {len(faults)} faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
