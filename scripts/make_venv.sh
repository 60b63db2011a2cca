#!/bin/sh
# Make the virtual environment: make_venv.sh PYTHON FOLDER
set -eu
wanted=$1 folder=$2

[ -x "$folder/bin/python" ] && "$folder/bin/python" -c '' && exit 0
for python in "$wanted" python3.14 python3.13 python3.12 python3.11; do
    if command -v "$python" >/dev/null 2>&1 &&
        "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then
        "$python" -m venv --clear "$folder" && exit 0
        echo "$python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    fi
done
echo "Like-Opt needs Python 3.11 to 3.14; $wanted is $("$wanted" --version 2>&1 || true). Name one: make PYTHON=/path/to/python3" >&2
exit 1
