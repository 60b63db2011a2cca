#!/bin/sh
# Install pinned and hashed packages: install.sh VENV ARGUMENTS...
# By uv, which takes seconds; by pip where uv fails, as pip alone knows a mirror that its own
# configuration names.
set -eu
venv=$1
shift
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --compile-bytecode --require-hashes "$@" ||
    "$venv/bin/python" -m pip install --quiet --require-hashes "$@"
