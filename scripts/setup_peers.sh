#!/usr/bin/env bash
# setup_peers.sh VENV: the renderers that `make bench-peers` compares with, in a virtual environment of their own.
# PYTHON chooses the interpreter, that of .venv without it. Safe to run again.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$1
python=${PYTHON:-.venv/bin/python}
wanted=benchmarks/peers/requirements.txt
alone=benchmarks/peers/requirements-alone.txt
export UV_PYTHON_DOWNLOADS=never # use the interpreters of this machine, fetch none

base=$("$python" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))')
printf 'setup: installing the peers into %s (some minutes the first time)\n' "$venv" >&2
if command -v uv >/dev/null; then
    uv venv --quiet --clear --python "$base" "$venv"
    uv pip install --quiet --python "$venv/bin/python" --requirement "$wanted"
    uv pip install --quiet --python "$venv/bin/python" --no-deps --requirement "$alone"
else
    "$base" -m venv --clear --without-pip "$venv"
    "$base" -m pip --python "$venv/bin/python" install --quiet --requirement "$wanted"
    "$base" -m pip --python "$venv/bin/python" install --quiet --no-deps --requirement "$alone"
fi
