#!/usr/bin/env bash
# What swift format does not see: C++, unfinished marks, traps, and files in the wrong place.
# Usage: Scripts/lint.sh
set -euo pipefail
cd "$(dirname "$0")/.."

status=0
refuse() {
  if found=$(git grep -nIE "$1" -- "${@:3}"); then
    printf 'lint: %s\n%s\n' "$2" "$found" >&2
    status=1
  fi
}

refuse '\b(TODO|FIXME|XXX)\b' 'unfinished marks' '*.swift' '*.cpp' '*.hpp' '*.h' '*.py' '*.md'
refuse '\b(fatalError)\(|\btry!|\bas!' 'traps' 'Sources/*.swift'
refuse '^(public |package |internal |private )?import ArgumentParser' \
  'only the runner takes packages from outside' Sources ':!Sources/Runner'

# Not everybody has it, so it is no fault where it is missing.
if command -v clang-format >/dev/null; then
  git ls-files -z '*.cpp' '*.hpp' 'Sources/CTorch/*.h' |
    xargs -0 clang-format --dry-run -Werror || status=1
else
  echo 'lint: no clang-format here, so the form of C++ is not checked' >&2
fi

bytes=$(git ls-files -z '*.safetensors' '*.bin' '*.png' | xargs -0 -r cat | wc -c)
if [ "$bytes" -gt 8000000 ]; then
  echo "lint: binary files take $bytes bytes, more than 8 MB" >&2
  status=1
fi
python3 Scripts/check_circles.py || status=1
exit "$status"
