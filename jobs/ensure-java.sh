#!/usr/bin/env bash
# Spark 4.1 needs a whole Java 17 or 21. On Debian as root it is installed; elsewhere one line says what to do.
set -euo pipefail

version() { "${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1 | sed -nE 's/.*version "([0-9]+).*/\1/p' | head -n 1; }

case "$(version || true)" in
17 | 21) exit 0 ;;
esac
if [ -n "${JAVA_HOME:-}" ]; then
  echo "JAVA_HOME names no Java 17: install Java 17 (package openjdk-17-jre-headless on Debian) and set JAVA_HOME to it" >&2
  exit 1
fi
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  echo "installing Java 17"
  apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends openjdk-17-jre-headless > /dev/null
  case "$(version || true)" in 17 | 21) exit 0 ;; esac
fi
echo "Java 17 is needed: install it (package openjdk-17-jre-headless on Debian) and put it on the PATH" >&2
exit 1
