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
options=(-target "$target" -I "$build/Modules" -minimum-access-level public
  -skip-synthesized-members -Xcc "-fmodule-map-file=$build/CTorch.build/module.modulemap")
if [ "$(uname)" = Darwin ]; then options+=(-sdk "$(xcrun --show-sdk-path)"); fi

for module in Torch Files Tokenizer Models Engine Recipe Core Plugins Runner Conformance; do
  name=Billhook$module
  symbols=$output/symbols/$name
  rm -rf "$symbols" "$output/$name.doccarchive"
  mkdir -p "$symbols"
  "$extract" -module-name "$name" "${options[@]}" -output-dir "$symbols"
  "$docc" convert --warnings-as-errors --additional-symbol-graph-dir "$symbols" \
    --fallback-display-name "$name" --fallback-bundle-identifier "billhook.$name" \
    --output-path "$output/$name.doccarchive" >/dev/null
  echo "$name: no warnings"
done
