#!/usr/bin/env bash
# Makes a package of each kind with `billhook new plugin`, as somebody would who has Billhook by the
# URL of a repository with a version tag; then tests it and runs its recipe.
# Usage: Scripts/try_new_plugin.sh BILLHOOK [KIND…], with the built executable.
set -euo pipefail
billhook=$(realpath "$1")
shift
kinds=("$@")
[ ${#kinds[@]} -gt 0 ] ||
  kinds=(criterion unit evidence allocation repair recovery data evaluation format)
cd "$(dirname "$0")/.."
export LIBTORCH=${LIBTORCH:-$PWD/.libtorch/torch}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
version=$("$billhook" --version | sed 's/^billhook //')
git clone --quiet . "$folder/billhook"
git -C "$folder/billhook" -c advice.detachedHead=false checkout --quiet --detach
git -C "$folder/billhook" tag --force "$version" >/dev/null

# One place for all kinds, so that Billhook itself is built once.
cd "$folder"
for kind in "${kinds[@]}"; do
  for kept in .build .libtorch; do
    [ ! -e "sample/$kept" ] || mv "sample/$kept" "$folder/kept$kept"
  done
  rm -rf sample
  "$billhook" new plugin sample --kind "$kind" --billhook "file://$folder/billhook" >/dev/null
  for kept in .build .libtorch; do
    [ ! -e "$folder/kept$kept" ] || mv "$folder/kept$kept" "sample/$kept"
  done
  start=$SECONDS
  for target in test run; do
    make --no-print-directory -C sample "$target" >log 2>&1 || {
      cat log
      echo "billhook new plugin --kind $kind: make $target failed" >&2
      exit 1
    }
  done
  echo "$kind: tested and run in $((SECONDS - start)) s"
done
