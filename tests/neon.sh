#!/usr/bin/env bash
# Holds the kernels for aarch64 against the plain ones on another machine: compiles their unit tests with a cross compiler and
# runs them in QEMU. Arguments go to the tests (--test-case='quantised*').
set -euo pipefail
cd "$(dirname "$0")/.."

bash examples/setup.sh --tests g++-12-aarch64-linux-gnu qemu-user-static
cmake -S tests/neon -B build/neon -G Ninja -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
      -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++-12 -DCMAKE_BUILD_TYPE=Release
cmake --build build/neon
qemu-aarch64-static build/neon/test_kernels "$@"
