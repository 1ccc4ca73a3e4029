#!/usr/bin/env bash
# Unpacks promtool, which checks metrics, rules and their tests as Prometheus would, out of
# Debian's package `prometheus`, whose daemon is not wanted here.
# Called by install_servers.sh, as root on Debian, one at a time.
#
# It is whole or not there: made under another name, then renamed. It stays for later runs and
# fresh clones in /var/cache/pillarbox-tests, or where TEST_SERVERS_CACHE says.
#
# `unpack_promtool.sh missing` only names it, if it is not there.
set -euo pipefail

CACHE=${TEST_SERVERS_CACHE:-/var/cache/pillarbox-tests}

promtool_is_there() { [ -x "$CACHE/promtool/promtool" ] || command -v promtool >/dev/null 2>&1; }

if [ "${1:-}" = missing ]; then
    promtool_is_there || echo promtool
    exit 0
fi
promtool_is_there && exit 0

draft=
drop_draft() { [ -z "$draft" ] || rm -rf --one-file-system "$draft"; }
trap drop_draft EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

apt() {
    apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 \
        -o APT::Sandbox::User=root "$@"
}

export DEBIAN_FRONTEND=noninteractive
mkdir -p -m 755 "$CACHE"
draft=$(mktemp -d "$CACHE/draft-XXXXXX")
chmod 755 "$draft"
echo "unpacking for the tests: promtool (kept in $CACHE)"
apt update -qq
(cd "$draft" && apt download -qq prometheus)
dpkg -x "$draft"/prometheus_*.deb "$draft/root"
mkdir "$draft/promtool"
cp "$draft/root/usr/bin/promtool" "$draft/promtool/"
rm -rf --one-file-system "$CACHE/promtool"
mv -T "$draft/promtool" "$CACHE/promtool"
