#!/usr/bin/env bash
# Installs what the tests of the chart need: helm and kubectl where they are missing, and the
# schemas of custom resources (KEDA, Gateway API, Prometheus' operator), all from npm, by the
# lock file in tools/chart (renewed there by `npm install --package-lock-only`).
#
# 1. What is there is left alone: with nothing missing, no package manager is called.
# 2. npm itself comes from Debian where it is missing, as root; elsewhere it is only asked for.
# 3. Whole or not there: made under another name, then renamed.
# 4. It stays for later runs and fresh clones in `chart` under /var/cache/pillarbox-tests, or
#    where TEST_SERVERS_CACHE says; of a user who may not write there, under ~/.cache.
# 5. Two runs at once wait for each other.
#
# What cannot be installed is named loudly; the tests that need it are skipped, and fail
# where CI=true. Exit status: 0, unless an installation failed and CI=true.
# `install_chart_tools.sh folder` only prints where they are.
set -euo pipefail

OLDEST_HELM=4.0 # whose words the tests know
LOCK_SECONDS=900 # as long as another run may take on a slow line
cd "$(dirname "${BASH_SOURCE[0]}")/chart"

cache=${TEST_SERVERS_CACHE:-/var/cache/pillarbox-tests}
if [ "$(id -u)" -ne 0 ] && ! [ -d "$cache/chart" ] && ! [ -w "$cache" ]; then
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/pillarbox-tests
fi
folder=$cache/chart
if [ "${1:-}" = folder ]; then
    echo "$folder"
    exit
fi

all_there() {
    [ -x "$folder/bin/helm" ] && [ -x "$folder/bin/kubectl" ] &&
        cmp --quiet package-lock.json "$folder/package-lock.json"
}
leave_if_all_there() {
    if all_there; then
        echo "tools for the chart's tests: all there"
        exit 0
    fi
}
give_up() {
    echo >&2
    printf '*** %s\n' "$@" "The chart's tests that need it are skipped." >&2
    [ "${CI:-}" != true ] || exit 1
    exit 0
}

leave_if_all_there
mkdir -p -m 755 "$cache"
exec 9>"$cache/chart.lock"
flock --wait "$LOCK_SECONDS" 9
leave_if_all_there

if ! command -v npm >/dev/null 2>&1; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        give_up "Missing for the chart's tests: npm, and what it brings: helm, kubectl and schemas."
    fi
    echo "installing for the chart's tests: npm"
    export DEBIAN_FRONTEND=noninteractive
    waiting=(-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Acquire::Retries=3)
    { apt-get "${waiting[@]}" update -qq &&
        apt-get "${waiting[@]}" install -y -qq --no-install-recommends --no-remove npm; } 9>&- ||
        give_up "npm could not be installed."
fi

draft=$(mktemp -d "$cache/draft-XXXXXX")
trap 'rm -rf --one-file-system "$draft"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 755 "$draft"

cp package.json package-lock.json "$draft"
echo "installing for the chart's tests: helm, kubectl, schemas of custom resources"
# Its peers would be a whole cloud's library, and no script of a package is to run.
(cd "$draft" && npm ci --legacy-peer-deps --ignore-scripts --no-audit --no-fund \
    --loglevel=error) 9>&- || give_up "npm could not fetch what tools/chart/package-lock.json names."
layer=("$draft"/node_modules/@aws-cdk/*/lib/layer.zip)
python3 -m zipfile -e "${layer[0]}" "$draft/layer"
mkdir "$draft/bin"
is_good() {
    # What this machine has already is what its people use; but an older helm says things otherwise.
    command -v "$1" >/dev/null 2>&1 || return 1
    [ "$1" != helm ] || printf '%s\n' "v$OLDEST_HELM" "$(helm version --template '{{.Version}}')" |
        sort --version-sort --check=quiet
}
for program in helm kubectl; do
    if is_good "$program"; then
        ln -s "$(command -v "$program")" "$draft/bin/$program"
    else
        mv "$draft/layer/$program/$program" "$draft/bin/$program"
        chmod 755 "$draft/bin/$program"
    fi
done
rm -rf "$draft/layer" "$draft/node_modules/@aws-cdk"
rm -rf --one-file-system "${folder:?}"
mv -T "$draft" "$folder"
trap - EXIT
echo "tools for the chart's tests: installed in $folder"
