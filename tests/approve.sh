#!/bin/sh
# Rewrites the approved files of the golden tests from what the code writes now. Review the difference.
# Usage: tests/approve.sh [build directory]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build/dev}
ninja -C "$build" golden_reporters
RUNHARNESS_APPROVE=1 "$build/tests/golden/golden_reporters"
git -C "$root" diff --stat -- tests/golden/approved
