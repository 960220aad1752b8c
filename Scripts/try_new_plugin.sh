#!/usr/bin/env bash
# Makes a package of each kind with `billhook new plugin`, puts their plugins into one, as somebody has
# it who writes several, and tests it and runs all recipes. It finds Billhook in this checkout, and takes
# from .build what was compiled there. Before that, tries one as somebody has it who finds Billhook by the
# URL of a repository with a version tag.
# Usage: Scripts/try_new_plugin.sh BILLHOOK [KIND…], with the built executable; flags of `swift build` are
# taken from BUILD_FLAGS.
set -euo pipefail
billhook=$(realpath "$1")
shift
kinds=("$@")
[ ${#kinds[@]} -gt 0 ] ||
  kinds=(criterion unit evidence allocation search refiner repair quantiser recovery data evaluation format)
cd "$(dirname "$0")/.."
checkout=$PWD
export LIBTORCH=${LIBTORCH:-$PWD/.libtorch/torch}
# Several processes with as many threads as there are cores would wait for each other.
export OMP_NUM_THREADS=1

folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"

try() {
  local title=$1 start=$SECONDS log
  shift
  log=$(mktemp "$folder/log.XXXXXX")
  "$@" >"$log" 2>&1 || {
    cat "$log"
    echo "billhook new plugin: $title failed" >&2
    exit 1
  }
  echo "$title: $((SECONDS - start)) s"
}

# By URL: all is fetched and planned, and compiled as far as nothing depends on libtorch; the rest is
# compiled as in the checkout.
try_by_url() {
  local version build
  version=$("$billhook" --version | sed 's/^billhook //')
  git clone --quiet "$checkout" billhook
  git -C billhook -c advice.detachedHead=false checkout --quiet --detach
  git -C billhook tag --force "$version" >/dev/null
  "$billhook" new plugin by_url --billhook "file://$folder/billhook" >/dev/null
  try "by URL, set up" make --no-print-directory -C by-url setup
  build="swift build ${BUILD_FLAGS:-} --package-path by-url"
  try "by URL, planned" $build --build-tests --print-manifest-job-graph
  try "by URL, compiled" $build --target BillhookTokenizer
  # The recipe finds what it runs on among what was fetched; this program has another criterion.
  sed -i.old 's/^  by .*/  by magnitude/' by-url/by_url.recipe
  cd by-url
  try "by URL, run" "$billhook" run by_url.recipe
}

# In a folder of its own, beside the rest.
try_by_url >by-url.log 2>&1 &
by_url=$!

# By path, in one place: the same commands as in the checkout need not run again.
export SWIFTPM_BUILD_DIR=$checkout/.build
first=sample-${kinds[0]}
module=
types=()
for kind in "${kinds[@]}"; do
  "$billhook" new plugin "sample_$kind" --kind "$kind" --billhook "$checkout" >/dev/null
  package=sample-$kind
  own=$(sed -n 's/^@testable import //p' "$package"/Tests/*.swift)
  types+=("$(sed -n 's/^  plugins: BuiltinPlugins.all + \[\(.*\)\]$/\1/p' "$package/Sources/main.swift")")
  if [ -z "$module" ]; then
    module=$own
    continue
  fi
  rm "$package/Sources/main.swift"
  sed -i.old "s/^@testable import $own\$/@testable import $module/" "$package"/Tests/*.swift
  rm "$package"/Tests/*.old
  mv "$package"/Sources/*.swift "$first/Sources"
  mv "$package"/Tests/*.swift "$first/Tests"
  mv "$package"/*.recipe "$first"
done
registered=$(printf '%s, ' "${types[@]}")
sed -i.old "s/^  plugins: .*/  plugins: BuiltinPlugins.all + [${registered%, }]/" "$first/Sources/main.swift"
rm "$first/Sources/main.swift.old"

try "built and tested" make --no-print-directory -C "$first" swift=swift test build
cd "$first"
for kind in "${kinds[@]}"; do
  try "$kind, run" "./billhook-$first" run "sample_$kind.recipe"
done

wait "$by_url" || {
  cat "$folder/by-url.log"
  exit 1
}
cat "$folder/by-url.log"
