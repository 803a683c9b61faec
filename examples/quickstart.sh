#!/usr/bin/env bash
# From a fresh Debian machine to a model that answers: packages, a virtual environment in .venv, the demo model.
# Safe to run again; then only what has changed is done.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '== %s\n' "$*"; }

step "Debian packages"
bash examples/setup.sh

step "Python package (a few minutes the first time)"
[ -x .venv/bin/python ] || python3 -m venv .venv
stamp=.venv/ondol-installed
if [ ! -e "$stamp" ] || [ -n "$(find CMakeLists.txt pyproject.toml cmake include lib python -newer "$stamp" -not -name '__pycache__' -not -name '*.pyc' -print -quit)" ]; then
  .venv/bin/pip install --quiet --disable-pip-version-check '.[cli]'
  touch "$stamp"
fi

step "Demo model (SmolLM2-135M-Instruct, 98 MB, once)"
model=$(.venv/bin/python -c 'import ondol; print(ondol.demo_model())')

question="What is the capital of France?"
step "$question"
.venv/bin/ondol generate --model "$model" --chat "$question"

if [ -t 0 ] && [ -t 1 ]; then
  read -r -p "== Chat with it? [y/N] " answer || answer=
  if [[ $answer == [yY]* ]]; then exec .venv/bin/ondol chat --model "$model"; fi
fi
echo "== More: source .venv/bin/activate; ondol --help"
