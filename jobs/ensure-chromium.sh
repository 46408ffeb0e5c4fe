#!/usr/bin/env bash
# The browser tests need Chromium. On Debian as root it is installed; elsewhere one line says what to do.
set -euo pipefail

found() { [ -n "${CHROMIUM:-}" ] || command -v chromium chromium-browser google-chrome > /dev/null; }

if found; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  echo "installing Chromium"
  apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium > /dev/null || true
  if found; then exit 0; fi
fi
echo "Chromium is needed: install it (package chromium on Debian), or name it with CHROMIUM=/path/to/it" >&2
exit 1
