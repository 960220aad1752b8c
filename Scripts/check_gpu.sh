#!/usr/bin/env bash
# Tries Billhook on a GPU, and ends within eight minutes beside the build: what it finds there beside what it
# finds on the CPU, and how long jobs take beside plain PyTorch, on a random model of 0.9 billion parameters.
#
# Usage: Scripts/check_gpu.sh [BILLHOOK]
#
# Needs a python3 that has torch for CUDA, transformers and peft. Without BILLHOOK the program is built
# against that torch, with BUILD_FLAGS; one that is given has to be built against the same version of torch,
# and with BUILD_FLAGS=--static-swift-stdlib where the machine with the GPU has no Swift.
#
# The exit status is 1 where numbers differ, which does not keep times from being measured.
set -euo pipefail
cd "$(dirname "$0")/.."

torch=$(python3 - <<'PYTHON'
import os
import sys

import torch

if not torch.cuda.is_available():
    sys.exit("torch sees no GPU here: install a torch for CUDA, and look at `nvidia-smi`")
print(os.path.dirname(torch.__file__))
PYTHON
)
program=${1:-}
if [ -z "$program" ]; then
  export LIBTORCH=$torch
  # One or several flags, as for make.
  swift build ${BUILD_FLAGS:-} -c release --product billhook
  program=$(swift build ${BUILD_FLAGS:-} -c release --show-bin-path)/billhook
fi
export LD_LIBRARY_PATH=$torch/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader || true
status=0
timeout 200 python3 Scripts/check_gpu.py "$program" --device cuda:0 || status=1
timeout 270 python3 Benchmarks/bench.py "$program" --device cuda:0 --blocks 16 --width 2048 --rounds 1 \
  --only "decode,ppl scores,taylor scores,wanda,cpt" --minutes 3 || status=1
exit $status
