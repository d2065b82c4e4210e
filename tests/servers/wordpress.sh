#!/usr/bin/env bash
# WordPress on 127.0.0.1: wordpress.sh FOLDER PORT. FOLDER/password then holds the admin's application password.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) work=$1 port=$2
mkdir -p "$work/db"
servant=()
if [ "$(id -u)" = 0 ]; then  # MariaDB's own user is not made by its core package
  servant=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
  chown nobody "$work/db"
fi
socket=$work/db/socket
"${servant[@]}" mariadb-install-db --no-defaults --datadir="$work/db" --auth-root-authentication-method=normal > /dev/null
"${servant[@]}" mariadbd --no-defaults --datadir="$work/db" --socket="$socket" --skip-networking \
  --pid-file="$work/db/pid" 2> "$work/db.log" &
until mariadb --no-defaults -uroot -S "$socket" -e 'CREATE DATABASE wordpress' 2> /dev/null; do sleep 0.2; done

cp -rL /usr/share/wordpress "$work/site"
cat > "$work/site/wp-config.php" <<PHP
<?php
define('DB_NAME', 'wordpress'); define('DB_USER', 'root'); define('DB_PASSWORD', ''); define('DB_HOST', 'localhost:$socket');
define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
define('AUTH_KEY', 'a'); define('SECURE_AUTH_KEY', 'b'); define('LOGGED_IN_KEY', 'c'); define('NONCE_KEY', 'd');
define('WP_HOME', 'http://127.0.0.1:$port'); define('WP_SITEURL', 'http://127.0.0.1:$port');
define('WP_ENVIRONMENT_TYPE', 'local');  // else application passwords want TLS
define('WP_HTTP_BLOCK_EXTERNAL', true); define('DISABLE_WP_CRON', true);
\$table_prefix = 'wp_';
defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
PHP
cp "$here/wordpress.php" "$work/install.php"
HOST=127.0.0.1:$port php -d sendmail_path=/bin/true "$work/install.php" > "$work/password"
exec php -S "127.0.0.1:$port" -t "$work/site" > "$work/site.log" 2>&1
