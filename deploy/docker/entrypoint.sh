#!/bin/sh
# Take settings out of files, as secrets come: DATABASE_URL_FILE=/run/secrets/x becomes DATABASE_URL.
set -eu
for name in DATABASE_URL REDIS_URL SECRET_KEY LLM_API_KEY LIKEOPT_EMBEDDING_API_KEY LIKEOPT_RERANK_API_KEY \
    LIKEOPT_METRICS_TOKEN LIKEOPT_OIDC_CLIENT_SECRET; do
    eval "file=\${${name}_FILE:-}"
    [ -n "$file" ] || continue
    if [ ! -r "$file" ]; then
        echo "${name}_FILE: $file cannot be read." >&2
        exit 1
    fi
    export "$name=$(cat "$file")"
    unset "${name}_FILE"
done
exec "$@"
