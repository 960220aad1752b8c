#!/usr/bin/env bash
# Puts libtorch where Package.swift looks for it: .libtorch/torch, with include/ and lib/ inside; or
# into another folder than .libtorch, the first argument, for a package that depends on this one.
# Taken from, in this order: LIBTORCH; for another folder, this checkout's; the torch of the python3
# on the path; a wheel from pip.
# Usage: Scripts/setup_libtorch.sh [FOLDER]
set -euo pipefail
home=${1:-.libtorch}
checkout=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 0 ] || cd "$checkout"
wanted="2.11 to 2.15"
wheel=2.13.0

fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}

# The version of the libtorch in folder $1, from its own header; empty if there is none.
version_of() {
  local header="$1/include/torch/headeronly/version.h"
  [ -f "$header" ] || header="$1/include/torch/csrc/api/include/torch/version.h"
  [ -f "$header" ] && [ -e "$1/include/ATen/ATen.h" ] || return 0
  sed -nE 's/^#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ([0-9]+)$/\2/p' "$header" |
    paste -s -d . -
}

in_range() {
  case "$1" in
  2.11 | 2.11.* | 2.12 | 2.12.* | 2.13 | 2.13.* | 2.14 | 2.14.* | 2.15 | 2.15.*) true ;;
  *) false ;;
  esac
}

# Says whether several processes can share a run: whether libtorch has c10d's Gloo backend, of which
# Sources/CTorch declares what its header needs.
say_processes() {
  local state="not in it (its c10d has no Gloo)"
  if [ -f "$home/torch/include/torch/csrc/distributed/c10d/ProcessGroupGloo.hpp" ] &&
    grep -q ProcessGroupGloo "$home"/torch/lib/libtorch_cpu.*; then
    state="yes"
  fi
  echo "setup: several processes for one run: $state"
}

# Makes .libtorch/torch a link to folder $1.
link_to() {
  mkdir -p "$home"
  rm -rf "$home/torch"
  ln -s "$1" "$home/torch"
  echo "setup: libtorch $(version_of "$1") from $1"
  say_processes
}

# A pip that works, also where the system's Python comes without one.
find_pip() {
  if python3 -m pip --version >/dev/null 2>&1; then
    pip=(python3 -m pip)
  elif python3 -m venv "$home/venv" >/dev/null 2>&1; then
    pip=("$home/venv/bin/python" -m pip)
  else
    fail "python3 has neither pip nor venv; install one of them, or set LIBTORCH to a folder" \
      "that holds libtorch's include/ and lib/."
  fi
}

install() {
  "${pip[@]}" install --quiet --disable-pip-version-check \
    --no-deps --upgrade --target "$home/new" "$@"
}

if [ -n "${LIBTORCH:-}" ]; then
  found=$(version_of "$LIBTORCH")
  [ -n "$found" ] || fail "LIBTORCH is $LIBTORCH, which holds no include/ATen/ATen.h." \
    "Point it at the folder that holds libtorch's include/ and lib/, or unset it."
  in_range "$found" || fail "LIBTORCH holds libtorch $found; Billhook needs $wanted."
  link_to "$(cd "$LIBTORCH" && pwd)"
  exit 0
fi

if in_range "$(version_of "$home/torch")"; then
  say_processes
  exit 0
fi

if [ $# -gt 0 ] && in_range "$(version_of "$checkout/.libtorch/torch")"; then
  link_to "$(cd -P "$checkout/.libtorch/torch" && pwd)"
  exit 0
fi

command -v python3 >/dev/null || fail "python3 was not found; it is needed to fetch libtorch."
installed=$(python3 - 2>/dev/null <<'PYTHON' || true
import importlib.util
spec = importlib.util.find_spec("torch")
print(spec.submodule_search_locations[0] if spec else "")
PYTHON
)
if [ -n "$installed" ] && in_range "$(version_of "$installed")"; then
  link_to "$installed"
  exit 0
fi

mkdir -p "$home"
find_pip
echo "setup: fetching libtorch $wheel into $home (a few hundred MB, once)"
rm -rf "$home/new"
if ! install "torch==$wheel+cpu" 2>"$home/pip.log"; then
  # Without a package index that has the CPU build, the plain wheel is, on x86 Linux, the CUDA
  # build. Its libtorch_cpu needs two CUDA libraries, which it looks for beside itself.
  install "torch==$wheel" 2>>"$home/pip.log" || {
    cat "$home/pip.log" >&2
    fail "pip could not fetch torch $wheel (above); check the network, or set LIBTORCH to a" \
      "folder that holds libtorch's include/ and lib/."
  }
  if [ -e "$home/new/torch/lib/libtorch_cuda.so" ]; then
    install "nvidia-cuda-runtime==13.*" "nvidia-cuda-cupti==13.*"
  fi
fi
# Only what is complete gets the name that the manifest looks for.
for part in nvidia torch; do
  rm -rf "${home:?}/$part"
  [ ! -e "$home/new/$part" ] || mv "$home/new/$part" "$home/$part"
done
rm -rf "$home/new"
in_range "$(version_of "$home/torch")" ||
  fail "what pip fetched is no libtorch $wanted; remove $home and try again."
echo "setup: libtorch $(version_of "$home/torch") in $home"
say_processes
