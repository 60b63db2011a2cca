#!/bin/sh
# Make what compose.yml asks for, once, in a folder that only you can enter; what is there stays.
# The files themselves can be read by every account, as the containers' accounts have to.
set -eu
folder=${1:-$(dirname "$0")/secrets}
umask 077
mkdir -p "$folder"
cd "$folder"
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
for name in postgres_password secret_key metrics_token; do
    [ -s "$name" ] || random > "$name"
done
[ -s database_url ] ||
    printf 'postgresql://likeopt:%s@postgres/likeopt' "$(cat postgres_password)" > database_url
chmod 644 postgres_password secret_key metrics_token database_url
