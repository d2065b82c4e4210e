#!/usr/bin/env bash
# HyperKitty over SQLite on 127.0.0.1: hyperkitty.sh FOLDER PORT. Mail comes in with the token "archive".
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) port=$2
export FOLDER=$1 KEY=archive PYTHONPATH=$here DJANGO_SETTINGS_MODULE=hyperkitty_settings PYTHONDONTWRITEBYTECODE=1
django=${ALLEARS_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/allears-servers}/hyperkitty/bin/django-admin
"$django" migrate --verbosity 0
exec "$django" runserver --noreload "127.0.0.1:$port" > "$FOLDER/site.log" 2>&1
