#!/usr/bin/env bash
# Makes a package of each kind with `billhook new plugin`, tests it and runs its recipe; the packages
# find Billhook in this checkout, and take from .build what was compiled there. Before that, tries one
# as somebody has it who finds Billhook by the URL of a repository with a version tag.
# Usage: Scripts/try_new_plugin.sh BILLHOOK [KIND…], with the built executable.
set -euo pipefail
billhook=$(realpath "$1")
shift
kinds=("$@")
[ ${#kinds[@]} -gt 0 ] ||
  kinds=(criterion unit evidence allocation search refiner repair recovery data evaluation format)
cd "$(dirname "$0")/.."
checkout=$PWD
export LIBTORCH=${LIBTORCH:-$PWD/.libtorch/torch}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

try() {
  local title=$1 start=$SECONDS
  shift
  "$@" >log 2>&1 || {
    cat log
    echo "billhook new plugin: $title failed" >&2
    exit 1
  }
  echo "$title: $((SECONDS - start)) s"
}

# By URL: all is fetched and planned, and compiled up to what depends on libtorch; the rest is
# compiled as in the checkout.
version=$("$billhook" --version | sed 's/^billhook //')
git clone --quiet "$checkout" billhook
git -C billhook -c advice.detachedHead=false checkout --quiet --detach
git -C billhook tag --force "$version" >/dev/null
"$billhook" new plugin by_url --billhook "file://$folder/billhook" >/dev/null
try "by URL, set up" make --no-print-directory -C by-url setup
try "by URL, planned" swift build --package-path by-url --build-tests --print-manifest-job-graph
try "by URL, compiled" swift build --package-path by-url --target BillhookTorch
# The recipe finds what it runs on among what was fetched; this program has another criterion.
sed -i.old 's/^  by .*/  by magnitude/' by-url/by_url.recipe
cd by-url
try "by URL, run" "$billhook" run by_url.recipe
cd ..

# By path, in one place: the same commands as in the checkout need not run again.
export SWIFTPM_BUILD_DIR=$checkout/.build
for kind in "${kinds[@]}"; do
  rm -rf sample
  "$billhook" new plugin sample --kind "$kind" --billhook "$checkout" >/dev/null
  try "$kind, tested and run" make --no-print-directory -C sample swift=swift test run
done
