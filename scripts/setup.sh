#!/usr/bin/env bash
# setup.sh VENV: the virtual environment with everything in it, and what the system lacks. Safe to run again.
# PYTHON chooses the interpreter. Nothing outside VENV is changed, except that a missing C++ compiler and missing
# Mesa libraries are installed through apt where that needs no password.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$1
export UV_PYTHON_DOWNLOADS=never # use the interpreters of this machine, fetch none

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

is_supported() { "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        is_supported "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.10, 3.11, 3.12 or 3.13"
        command -v "$PYTHON"
        return
    fi
    for candidate in python3 python3.12 python3.11 python3.13 python3.10; do
        if is_supported "$candidate"; then command -v "$candidate"; return; fi
    done
    fail "no Python 3.10-3.13 found; install one (Debian: apt-get install python3 python3-venv) or name it: make PYTHON=/path/to/python"
}

make_venv() { # $1: interpreter
    if command -v uv >/dev/null; then
        uv venv --quiet --clear --python "$1" "$venv"
    elif "$1" -c 'import ensurepip' 2>/dev/null; then
        "$1" -m venv --clear "$venv"
    else # Debian ships venv without ensurepip unless python3-venv is there; the outer pip serves as well
        "$1" -m venv --clear --without-pip "$venv" && "$1" -m pip --version >/dev/null 2>&1 ||
            fail "$1 can make no virtual environment; install it: apt-get install python3-venv (or python3-pip)"
    fi
}

install_project() {
    local outer
    if command -v uv >/dev/null; then
        uv pip install --quiet --python "$venv/bin/python" --editable '.[test]'
    elif "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        "$venv/bin/python" -m pip install --quiet --editable '.[test]'
    else
        outer=$("$venv/bin/python" -c 'import sys; print(sys._base_executable)')
        "$outer" -m pip --python "$venv/bin/python" install --quiet --editable '.[test]'
    fi
}

compiles() { # the CPU rasteriser is C++: a compiler, and the headers of this Python
    command -v "${CXX:-c++}" >/dev/null &&
        "$python" -c 'import pathlib, sys, sysconfig; sys.exit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists())'
}

renders() { # the rasteriser; a context on EGL for the tests of the other renderer; the OpenCV that comes with ai2thor
    "$venv/bin/python" -c 'import tst_sim.embedded.drawing.cpu._native, cv2, moderngl
moderngl.create_context(standalone=True, backend="egl")'
}

install_packages() { # $1: what for; the rest: Debian packages
    local root=() purpose=$1
    shift
    [ "$(id -u)" = 0 ] || root=(sudo -n)
    command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; } ||
        fail "missing: $purpose; install it (Debian, Ubuntu: sudo apt-get install $*), then do this again"
    say "installing $purpose through apt: $*"
    "${root[@]}" apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

[ "$(uname -s)" = Linux ] || fail "tst-sim runs on Linux (on Windows: inside WSL); this is $(uname -s)"
if [ -z "${PYTHON:-}" ] && is_supported "$venv/bin/python"; then PYTHON=$venv/bin/python; fi
python=$(find_python)
wanted=$("$python" -c 'import sys; print(*sys.version_info[:2])')
found=$("$venv/bin/python" -c 'import sys; print(*sys.version_info[:2])' 2>/dev/null || true)
if [ "$found" != "$wanted" ]; then
    say "making $venv with $python"
    make_venv "$python"
fi
compiles || install_packages "a C++ compiler and Python's headers" g++ libc6-dev python3-dev
say "installing tst-sim and what it needs (some minutes the first time)"
install_project
renders >/dev/null 2>&1 || {
    install_packages "Mesa's EGL" libegl1 libgl1 libgl1-mesa-dri libglib2.0-0
    renders >/dev/null || fail "rendering still fails; see: $venv/bin/tst-sim doctor"
}
say "ready"
