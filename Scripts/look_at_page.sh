#!/usr/bin/env bash
# Makes pictures of a report page in a real browser, narrow and wide, light, dark and on paper, and
# fails where the page logs an error or asks for anything but itself.
# Usage: Scripts/look_at_page.sh PAGE [FOLDER]; needs Chromium (CHROMIUM=/path/to/it for another one).
set -euo pipefail

if [ $# -lt 1 ] || [ "$1" = --help ]; then
  sed -n 2,4p "$0" | cut -c3-
  exit 0
fi
page=$(realpath "$1")
folder=$(realpath -m "${2:-page-pictures}")
browser=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$browser" ]; then
  echo "no Chromium here; install it, or set CHROMIUM" >&2
  exit 2
fi
mkdir -p "$folder"
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT

# look NAME OPTIONS...: one visit, with what the page logs and asks for kept beside the picture.
look() {
  local name=$1
  shift
  timeout 300 "$browser" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync \
    --user-data-dir="$profile/$name" --enable-logging=stderr --virtual-time-budget=2000 \
    --log-net-log="$profile/$name.json" "$@" "file://$page" 2>"$profile/$name.log" >/dev/null ||
    { echo "$name: the browser failed" >&2; tail -5 "$profile/$name.log" >&2; exit 1; }
  if grep -E 'CONSOLE.*(error|Error|Refused|violat)' "$profile/$name.log" >&2; then
    echo "$name: the page logs errors" >&2
    exit 1
  fi
  # Pages ask for documents, pictures, scripts: none of those may come from anywhere.
  if grep -oE '"(initiator|url)":"(https?|ftp|wss?)://[^"]*' "$profile/$name.json" |
    grep -vE '(google|gstatic|googleapis)\.com' >&2; then
    echo "$name: the page asks for something outside of itself" >&2
    exit 1
  fi
}

height=${HEIGHT:-5000}
dark=--blink-settings=preferredColorScheme=0
look narrow "--screenshot=$folder/narrow.png" "--window-size=400,$height"
look wide "--screenshot=$folder/wide.png" "--window-size=1600,$height"
look narrow-dark "$dark" "--screenshot=$folder/narrow-dark.png" "--window-size=400,$height"
look wide-dark "$dark" "--screenshot=$folder/wide-dark.png" "--window-size=1600,$height"
look paper "--print-to-pdf=$folder/paper.pdf" --no-pdf-header-footer
echo "looked at $page: pictures in $folder, no errors, nothing asked for"
