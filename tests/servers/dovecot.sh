#!/usr/bin/env bash
# An IMAP server on 127.0.0.1: dovecot.sh FOLDER PORT. Any user may log in with the password "harbor"; STARTTLS is
# offered with the certificate FOLDER/certificate, which only those who are told trust.
set -euo pipefail
work=$1 port=$2
mkdir "$work/run" "$work/state" "$work/mail"
chown nobody "$work/mail"
openssl req -x509 -newkey rsa:2048 -noenc -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
  -keyout "$work/key" -out "$work/certificate" 2> "$work/openssl.log"
cat > "$work/dovecot.conf" <<CONF
base_dir = $work/run
state_dir = $work/state
log_path = $work/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl_cert = <$work/certificate
ssl_key = <$work/key
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:$work/mail/%u
service imap-login {
  inet_listener imap {
    port = $port
  }
}
passdb {
  driver = static
  args = password=harbor
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$work/mail/%u
}
CONF
exec dovecot -F -c "$work/dovecot.conf"
