#!/bin/sh
# Usage: tools/venv.sh DIRECTORY REQUIREMENTS
# Makes the virtual environment if it is missing, or if the requirements or a Python named by PYTHON
# changed since; otherwise returns at once. The marker is written last, so a broken install starts over.
set -eu

directory=$1
requirements=$2
marker="$directory/.installed"

state=$(cat requirements*.txt | cksum)
if [ -x "$directory/bin/python" ] && [ "$(cat "$marker" 2>/dev/null)" = "$state" ]; then
    # Without PYTHON, the Python of the environment stays what it is.
    if [ -z "${PYTHON:-}" ]; then
        exit 0
    fi
    version='import sys; print(sys.version_info[:2])'
    wanted=$(tools/python.sh)
    if [ "$("$directory/bin/python" -c "$version")" = "$("$wanted" -c "$version")" ]; then
        exit 0
    fi
fi

python=$(tools/python.sh)
echo "Preparing $directory with $("$python" -V) (once; needs the package index)…" >&2
"$python" -m venv --clear "$directory"
"$directory/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
echo "$state" > "$marker"
