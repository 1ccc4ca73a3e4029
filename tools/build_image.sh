#!/usr/bin/env bash
# Builds the image with buildah, without an engine, on a Debian 13 with its own Python 3.13.
#   build_image.sh          builds $IMAGE (localhost/pillarbox:<version>) and prints its name
#   build_image.sh buildah … runs buildah on the images that this script keeps
#
# 1. Root on Debian; installs buildah and debootstrap if they are missing, and starts nothing.
# 2. Nothing is pulled. The base is made with debootstrap once and kept, whole or not at all,
#    in /var/cache/pillarbox-tests, or where TEST_SERVERS_CACHE says; so are the images, apart
#    from those of this machine's own buildah or podman. Remove `image` in it to begin anew.
# 3. BASE, if it is set, is an image in that storage to build on instead.
# 4. Whom this machine trusts, and which package index pip asks, hold for the build and are
#    in no layer.
# 5. Two builds at once wait for each other.
#
# Where the image cannot be built at all (not root, not Debian), the exit status is 75.
set -euo pipefail

CANNOT=75 # EX_TEMPFAIL of sysexits(3)
CACHE=${TEST_SERVERS_CACHE:-/var/cache/pillarbox-tests}/image
RELEASE=trixie
PACKAGES=ca-certificates,python3,python3-venv
DEFAULT_MIRROR=http://deb.debian.org/debian
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
BUNDLE=/etc/ssl/certs/ca-certificates.crt
OUR_BASE=localhost/pillarbox-base:$RELEASE
LOCK=/run/pillarbox-image.lock
LOCK_SECONDS=900 # as long as another build may take on a slow line

cd "$(dirname "${BASH_SOURCE[0]}")/.."

storage() {
    # buildah on a storage of our own; overlay does not lie on overlay, as in a container.
    local driver=overlay
    [ "$(stat --file-system --format %T "$CACHE")" != overlayfs ] || driver=vfs
    buildah --root "$CACHE/storage" --runroot /run/pillarbox-image \
        --storage-driver "${STORAGE_DRIVER:-$driver}" "$@"
}

if [ "${1:-}" = buildah ]; then
    shift
    storage "$@"
    exit
fi

# --- what it needs ---------------------------------------------------------------------------

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "The image is built here by root on Debian; elsewhere: docker build ." >&2
    exit $CANNOT
fi
exec 9>"$LOCK"
flock --wait "$LOCK_SECONDS" 9

apt() {
    apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 "$@" 9>&-
}
missing=()
command -v buildah >/dev/null 2>&1 || missing+=(buildah)
command -v debootstrap >/dev/null 2>&1 || missing+=(debootstrap)
[ -e "$KEYRING" ] || missing+=(debian-archive-keyring)
[ -e "$BUNDLE" ] || missing+=(ca-certificates)
if [ ${#missing[@]} -gt 0 ]; then
    echo "installing for the image: ${missing[*]}" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt update -qq >&2
    apt install -y -qq --no-install-recommends --no-remove "${missing[@]}" >&2
fi
mkdir -p -m 755 "$CACHE"

# --- the base --------------------------------------------------------------------------------

draft=
drop_draft() { [ -z "$draft" ] || rm -rf --one-file-system "$draft"; }
trap drop_draft EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

make_base() {
    local proxy= mirror container root
    draft=$(mktemp -d "$CACHE/draft-XXXXXX")
    chmod 755 "$draft"
    eval "$(apt-config shell proxy Acquire::http::Proxy)" # what apt goes through, so does wget
    if [ -n "$proxy" ] && [ "$proxy" != DIRECT ]; then
        export http_proxy=$proxy
    fi
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' |
        grep -m 1 '^https\?://' || true)
    if ! debootstrap --variant=minbase --include="$PACKAGES" --keyring="$KEYRING" \
        "$RELEASE" "$draft/root" "${mirror:-$DEFAULT_MIRROR}" >"$draft/log" 2>&1 9>&-; then
        tail -n 20 "$draft/log" "$draft/root/debootstrap/debootstrap.log" >&2 || true
        return 1
    fi
    root=$draft/root
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* \
        "$root"/debootstrap "$root"/usr/share/{doc,man,locale}
    : >"$root/etc/resolv.conf" # both are this machine's
    echo localhost >"$root/etc/hostname"
    container=$(storage from scratch)
    cp -a "$root/." "$(storage mount "$container")/"
    storage umount "$container" >/dev/null
    storage commit --quiet --rm --identity-label=false "$container" "$OUR_BASE" >/dev/null
    drop_draft
    draft=
}

if [ -z "${BASE:-}" ]; then
    BASE=$OUR_BASE
    if [ -z "$(storage images --quiet --filter "reference=$OUR_BASE")" ]; then
        echo "making the base of the image (kept in $CACHE)" >&2
        make_base
    fi
fi

# --- the image -------------------------------------------------------------------------------

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
IMAGE=${IMAGE:-localhost/pillarbox:$version}
options=(--volume "$BUNDLE:$BUNDLE:ro")

draft=$(mktemp -d "$CACHE/draft-XXXXXX")
index=${PIP_INDEX_URL:-$(python3 -m pip config get global.index-url 2>/dev/null || true)}
if [ -n "$index" ]; then
    (umask 077 && printf '[global]\nindex-url = %s\n' "$index" >"$draft/pip.conf")
    options+=(--secret "id=pip.conf,src=$draft/pip.conf")
fi

storage build --quiet --isolation chroot --pull-never --layers=false --identity-label=false \
    --build-arg "BASE=$BASE" --build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
    "${options[@]}" --tag "$IMAGE" . >"$draft/id" 9>&- || {
    echo "the image could not be built" >&2
    exit 1
}
storage rmi --prune >/dev/null 2>&1 || true # what had this name before, unless it is in use
echo "$IMAGE"
