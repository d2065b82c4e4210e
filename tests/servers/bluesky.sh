#!/usr/bin/env bash
# A Bluesky network on 127.0.0.1, with Postgres and Redis of its own: bluesky.sh FOLDER PORT, the port of its data server.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) work=$1 programs=/usr/lib/postgresql/15/bin
servers=${ALLEARS_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/allears-servers}
servant=()
mkdir "$work/db" "$work/tmp"
if [ "$(id -u)" = 0 ]; then  # Postgres refuses to run as root
  servant=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
  chown nobody "$work/db"
fi
cd "$work"
"${servant[@]}" $programs/initdb -D "$work/db/data" -A trust -U postgres --no-sync > initdb.log
# both listen in the folder only
"${servant[@]}" $programs/postgres -D "$work/db/data" -c listen_addresses= -k "$work/db" -c fsync=off > db.log 2>&1 &
redis-server --port 0 --unixsocket "$work/redis" --save '' --dir "$work" > redis.log &
until $programs/pg_isready -q -U postgres -h "$work/db" && [ -S redis ]; do sleep 0.2; done
export DB_POSTGRES_URL="postgresql://postgres@localhost/postgres?host=$work/db" REDIS_HOST="$work/redis"
export PORT=$2 TMPDIR=$work/tmp LOG_ENABLED=false
cd "$servers/bluesky"
exec "$servers/node/bin/node" --require "$here/loopback.cjs" "$here/bluesky.mjs" > "$work/site.log" 2>&1
