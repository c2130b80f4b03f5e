#!/bin/sh
# Install Chromium for the browser tests where that can be done without asking.
set -eu
for name in "${SER_TEST_CHROMIUM:-}" chromium chromium-browser google-chrome; do
  [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Chromium for the browser tests"
  apt-get update -q >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    chromium fonts-dejavu-core >/dev/null && exit 0
fi
echo "No Chromium here: the browser tests will be skipped." \
  "On Debian and Ubuntu: sudo apt install chromium"
