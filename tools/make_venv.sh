#!/usr/bin/env bash
# Makes a virtual environment and installs a lock file and this project into it.
#   make_venv.sh PYTHON VENV LOCK
set -euo pipefail
python=$1 venv=$2 lock=$3

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Pillarbox wants Python 3.11 or later; $python is $("$python" --version 2>&1)." >&2
    exit 1
}

if [ ! -x "$venv/bin/pip" ]; then
    # Debian keeps ensurepip, which venv needs, in a package of its own.
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            echo "Installing python3-venv"
            apt-get update -qq
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
                python3-venv >/dev/null
        else
            echo "Python's venv is missing here; on Debian: apt install python3-venv" >&2
            exit 1
        fi
    fi
    echo "Making $venv"
    "$python" -m venv "$venv"
fi

echo "Installing $lock"
"$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$lock"
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --editable .
