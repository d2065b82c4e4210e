#!/usr/bin/env bash
# MediaWiki over SQLite on 127.0.0.1: mediawiki.sh FOLDER PORT.
set -euo pipefail
work=$1 port=$2 site=/usr/share/mediawiki
mkdir "$work/data"
export MW_CONFIG_FILE=$work/LocalSettings.php
php $site/maintenance/install.php --dbtype=sqlite --dbpath="$work/data" --dbname=wiki --confpath="$work" \
  --server="http://127.0.0.1:$port" --scriptpath= --lang=en --pass=harbor-coffee-12345 "Harbor Coffee Wiki" Admin \
  > "$work/install.log"
exec php -S "127.0.0.1:$port" -t $site > "$work/site.log" 2>&1
