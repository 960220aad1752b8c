#!/usr/bin/env bash
# Makes DocC archives of the public modules from their doc comments, and fails at any warning.
# Usage: Scripts/check_docc.sh BUILD OUTPUT, with the folder of a debug build, which
# `swift build --show-bin-path` tells.
set -euo pipefail
build=$1
output=$2

tool() { command -v "$1" || xcrun --find "$1"; }
docc=$(tool docc)
extract=$(tool swift-symbolgraph-extract)
target=$(swift -print-target-info | sed -nE 's/^ *"triple": "(.*)",?$/\1/p')
# Where modules lie depends on the build system: the native one of SwiftPM, or Swift Build.
if [ -d "$build/Modules" ]; then
  modules=$build/Modules
  map=$build/CTorch.build/module.modulemap
else
  modules=$build
  map=$(echo "$build"/../../Intermediates.noindex/GeneratedModuleMaps*/CTorch.modulemap)
fi
options=(-target "$target" -I "$modules" -minimum-access-level public
  -skip-synthesized-members -Xcc "-fmodule-map-file=$map")
if [ "$(uname)" = Darwin ]; then options+=(-sdk "$(xcrun --show-sdk-path)"); fi

archive() {
  local name=$1 symbols=$output/symbols/$1
  rm -rf "$symbols" "$output/$name.doccarchive"
  mkdir -p "$symbols"
  "$extract" -module-name "$name" "${options[@]}" -output-dir "$symbols"
  "$docc" convert --warnings-as-errors --additional-symbol-graph-dir "$symbols" \
    --fallback-display-name "$name" --fallback-bundle-identifier "billhook.$name" \
    --output-path "$output/$name.doccarchive" >/dev/null
  echo "$name: no warnings"
}

# Two at a time: each keeps one core busy.
running=()
for module in Core Engine Files Jinja Models Tokenizer Torch Recipe Plugins Runner Conformance; do
  if [ ${#running[@]} -eq 2 ]; then
    wait "${running[0]}"
    running=("${running[1]}")
  fi
  archive "Billhook$module" &
  running+=($!)
done
for job in "${running[@]}"; do wait "$job"; done
