#!/usr/bin/env bash
# Unpacks the mail servers that cannot be installed beside Postfix: Exim and OpenSMTPD.
# Called by install_servers.sh, as root on Debian, one at a time.
#
# 1. No mail server is installed or removed: what Exim needs of this machine are a few
#    libraries and the user Debian-exim, without whom it refuses to run.
# 2. OpenSMTPD runs in a Debian 13 of its own: Debian 12's cannot do TLS with OpenSSL 3, and
#    its paths are compiled in.
# 3. Each is whole or not there: made under another name, then renamed.
# 4. They stay for later runs and fresh clones in /var/cache/pillarbox-tests, or where
#    TEST_SERVERS_CACHE says. Remove the folder to have them made anew.
#
# `unpack_mail_servers.sh missing` only names those that are not there.
set -euo pipefail

CACHE=${TEST_SERVERS_CACHE:-/var/cache/pillarbox-tests}
RELEASE=trixie
DEFAULT_MIRROR=http://deb.debian.org/debian
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

exim_is_there() {
    local program=$CACHE/exim/usr/sbin/exim4
    [ -x "$program" ] && getent passwd Debian-exim >/dev/null && ! ldd "$program" | grep -q 'not found'
}
opensmtpd_is_there() { [ -x "$CACHE/$RELEASE/usr/sbin/smtpd" ]; }

missing=()
exim_is_there || missing+=(exim)
opensmtpd_is_there || missing+=(opensmtpd)
if [ "${1:-}" = missing ]; then
    echo "${missing[*]:-}"
    exit 0
fi
[ ${#missing[@]} -gt 0 ] || exit 0

draft=
drop_draft() { [ -z "$draft" ] || rm -rf --one-file-system "$draft"; }
trap drop_draft EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

begin() {
    draft=$(mktemp -d "$CACHE/draft-XXXXXX")
    chmod 755 "$draft"
}
end() {
    # Puts what was made in its place.
    rm -rf --one-file-system "${CACHE:?}/$1"
    mv -T "$draft${2:-}" "$CACHE/$1"
    drop_draft
    draft=
}

apt() {
    apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 \
        -o APT::Sandbox::User=root "$@"
}
install() { apt install -y -qq --no-install-recommends --no-remove "$@"; }

unpack_exim() {
    local package libraries
    begin
    mapfile -t libraries < <(
        apt-cache depends --no-recommends --no-suggests exim4-daemon-light |
            sed -n 's/^ *Depends: \(lib.*\)/\1/p'
    )
    install --no-upgrade "${libraries[@]}"
    (cd "$draft" && apt download -qq exim4-base exim4-daemon-light)
    for package in "$draft"/*.deb; do
        dpkg -x "$package" "$draft/root"
    done
    getent passwd Debian-exim >/dev/null ||
        useradd --system --user-group --no-create-home --home-dir /nonexistent \
            --shell /usr/sbin/nologin Debian-exim
    end exim /root
}

mirror() {
    # Prints where this machine gets Debian from.
    local found
    found=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' |
        grep -m 1 '^https\?://' || true)
    echo "${found:-$DEFAULT_MIRROR}"
}

unpack_opensmtpd() {
    local proxy=
    begin
    install debootstrap debian-archive-keyring
    eval "$(apt-config shell proxy Acquire::http::Proxy)" # what apt goes through, so does wget
    if [ -n "$proxy" ] && [ "$proxy" != DIRECT ]; then
        export http_proxy=$proxy
    fi
    if ! debootstrap --variant=minbase --include=opensmtpd --keyring="$KEYRING" \
        "$RELEASE" "$draft/root" "$(mirror)" >"$draft/log" 2>&1; then
        tail -n 20 "$draft/log" "$draft/root/debootstrap/debootstrap.log" >&2 || true
        return 1
    fi
    rm -rf "$draft"/root/var/cache/apt/* "$draft"/root/var/lib/apt/lists/* \
        "$draft"/root/usr/share/{doc,man,locale}
    end "$RELEASE" /root
}

export DEBIAN_FRONTEND=noninteractive
mkdir -p -m 755 "$CACHE"
echo "unpacking for the tests: ${missing[*]} (kept in $CACHE)"
apt update -qq
for server in "${missing[@]}"; do
    "unpack_$server"
done
