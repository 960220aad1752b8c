#!/usr/bin/env bash
# Runs recipes on a GPU that the processor emulates (Scripts/emulated_gpu.cpp), and compares what they find with
# what they find on the CPU: so that every tensor is known to be where it has to be, on a machine without a GPU.
#
# Usage: Scripts/check_emulated_gpu.sh BILLHOOK
#
# Builds the emulated GPU first, with CXX (clang++ unless that is set). The exit status is 1 where numbers
# differ.
set -euo pipefail
if [ $# -ne 1 ] || [ "$1" = --help ]; then
  sed -n '2,8s/^# \{0,1\}//p' "$0"
  exit 2
fi
program=$(realpath "$1")
cd "$(dirname "$0")/.."
torch=$(realpath "${LIBTORCH:-.libtorch/torch}")
folder=.build/emulated-gpu
mkdir -p "$folder"
"${CXX:-clang++}" -std=c++20 -O1 -shared -fPIC -isystem "$torch/include" \
  -isystem "$torch/include/torch/csrc/api/include" Scripts/emulated_gpu.cpp \
  -o "$folder/libtorch_cuda.so" -L"$torch/lib" -ltorch_cpu -lc10
export LD_LIBRARY_PATH=$(realpath "$folder"):$torch/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
exec python3 Scripts/check_gpu.py "$program" --device cuda:0 --emulated
