#!/bin/sh
# Prints the Python to use: $PYTHON if given, else the newest of python3.14 … python3.11, else python3.
# A candidate counts only if it runs, is 3.11 or newer and can make virtual environments: a version
# manager may put a name on the PATH that does not run.
set -eu

probe='import sys
if sys.version_info < (3, 11):
    sys.exit(3)
try:
    import ensurepip, venv
except ImportError:
    sys.exit(4)
print(sys.executable)'

old='' bare=''
for candidate in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3}; do
    status=0
    found=$("$candidate" -c "$probe" 2>/dev/null) || status=$?
    case $status in
        0) echo "$found"; exit 0 ;;
        3) old="$candidate" ;;
        4) bare="$candidate" ;;
    esac
done

if [ -n "$bare" ]; then
    echo "$bare cannot make virtual environments: install its venv package (on Debian and Ubuntu: python3-venv)." >&2
elif [ -n "$old" ]; then
    echo "$old is too old ($("$old" -V 2>&1)): OSVI Console needs Python 3.11 or newer. Name one with PYTHON=…" >&2
else
    echo "No Python found that runs: OSVI Console needs Python 3.11 or newer. Name one with PYTHON=…" >&2
fi
exit 1
