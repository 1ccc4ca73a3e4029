#!/usr/bin/env bash
# Installs the real servers that the tests talk to: Postfix with SASL, PostgreSQL, Redis;
# and two programs that are no services: Chromium, which reads our pages, and SQLite's shell,
# which backs up. Two mail servers that Debian allows no one beside Postfix are unpacked
# (unpack_mail_servers.sh), and so is promtool, whose package has a daemon (unpack_promtool.sh).
#
# 1. What is there is left alone: with nothing missing, no package manager is called.
# 2. Only as root on Debian or a relative of it; elsewhere it says what will be skipped.
# 3. Never in place of another mail server, and nothing is ever removed (--no-remove).
# 4. No service is started by the installation, now or at the next boot:
#    the tests start their own, on free ports, in directories of their own.
# 5. Two runs at once wait for each other.
#
# What cannot be installed is named loudly; the tests that need it are skipped, and fail
# where CI=true. Exit status: 0, unless an installation failed and CI=true.
set -euo pipefail

POLICY=/usr/sbin/policy-rc.d
LOCK=/run/pillarbox-tests.lock
LOCK_SECONDS=900 # as long as another run may take on a slow line
cd "$(dirname "${BASH_SOURCE[0]}")"

loudly() {
    echo >&2
    printf '*** %s\n' "$@" >&2
}

# --- what is missing -------------------------------------------------------------------------

there() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }
any_of() { compgen -G "$1" >/dev/null; }

look() {
    # Notes the packages that are missing, and the mail servers that are not unpacked.
    missing=()
    { there postfix && there smtp-sink; } || missing+=(postfix)
    there saslpasswd2 || missing+=(sasl2-bin)
    any_of '/usr/lib/*/sasl2/libplain.so*' || missing+=(libsasl2-modules)
    any_of '/usr/lib/postgresql/*/bin/initdb' || missing+=(postgresql)
    there redis-server || missing+=(redis-server)
    there sqlite3 || missing+=(sqlite3)
    there chromium || missing+=(chromium)
    packed=$(echo $(./unpack_mail_servers.sh missing) $(./unpack_promtool.sh missing))
}

leave_if_all_there() {
    look
    if [ ${#missing[@]} -eq 0 ] && [ -z "$packed" ]; then
        echo "real servers for the tests: all there"
        exit 0
    fi
}

leave_if_all_there

# --- whether we may install it ---------------------------------------------------------------

if ! command -v apt-get >/dev/null 2>&1; then
    loudly "Missing for the tests: ${missing[*]} $packed" \
        "Not a Debian system: install them yourself, or the tests that need them are skipped."
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    loudly "Missing for the tests: ${missing[*]} $packed" \
        "Not root: run this as root, or the tests that need them are skipped:" \
        "    sudo tools/install_servers.sh"
    exit 0
fi

exec 9>"$LOCK"
flock --wait "$LOCK_SECONDS" 9
leave_if_all_there

# --- unpack what cannot be installed ---------------------------------------------------------

failed=no
if [ -n "$packed" ] && ! { ./unpack_mail_servers.sh 9>&- && ./unpack_promtool.sh 9>&-; }; then
    failed=yes
    loudly "Not all of these could be unpacked; the tests that need them are skipped:" \
        "    $packed"
fi
end() {
    # Ends this script: well, but where CI=true and something failed.
    [ "$failed" = no ] || [ "${CI:-}" != true ] || exit 1
    exit 0
}
[ ${#missing[@]} -gt 0 ] || end

other_mail_server() {
    # Prints the installed package that provides a mail server and is not Postfix; or a
    # sendmail that no package owns, which a package would overwrite.
    dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' 2>/dev/null |
        awk '$1 == "installed" && $2 != "postfix" && /mail-transport-agent/ {print $2}'
    if [ -e /usr/sbin/sendmail ] && ! dpkg-query -S /usr/sbin/sendmail >/dev/null 2>&1; then
        echo /usr/sbin/sendmail
    fi
}

if [[ " ${missing[*]} " == *" postfix "* ]]; then
    other=$(other_mail_server | head -n 1)
    if [ -n "$other" ]; then
        loudly "Another mail server is installed here: $other." \
            "Postfix would take its place, so it is not installed; its tests are skipped."
        kept=()
        for package in "${missing[@]}"; do
            [ "$package" = postfix ] || kept+=("$package")
        done
        missing=("${kept[@]+"${kept[@]}"}")
        [ ${#missing[@]} -gt 0 ] || end
    fi
fi

# --- install, with every service held back ---------------------------------------------------

guarded=no
drop_guard() { if [ "$guarded" = yes ]; then rm -f "$POLICY"; fi; }
trap drop_guard EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -e "$POLICY" ]; then
    # Somebody else's policy: it stays as it is, and it must hold services back as ours would.
    for service in "${missing[@]}"; do
        case $service in chromium | sqlite3) continue ;; esac
        verdict=0
        "$POLICY" "$service" start >/dev/null 2>&1 </dev/null || verdict=$?
        if [ "$verdict" -ne 101 ]; then
            loudly "$POLICY of this machine lets $service start when it is installed." \
                "Nothing is installed. Install these yourself, or their tests are skipped:" \
                "    ${missing[*]}"
            end
        fi
    done
else
    (set -o noclobber; printf '#!/bin/sh\nexit 101\n' >"$POLICY")
    guarded=yes
    chmod 755 "$POLICY"
fi

echo "installing for the tests: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
if [[ " ${missing[*]} " == *" postfix "* ]]; then
    # Without a configuration in /etc/postfix, no boot ever starts it.
    echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
fi
waiting=(-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Acquire::Retries=3)
if ! { apt-get "${waiting[@]}" update -qq &&
    apt-get "${waiting[@]}" install -y -qq --no-install-recommends --no-remove "${missing[@]}"; }
then
    loudly "Not all of these could be installed; the tests that need them are skipped:" \
        "    ${missing[*]}"
    failed=yes
    end
fi

if command -v systemctl >/dev/null 2>&1; then
    for package in "${missing[@]}"; do
        case $package in
            postfix) units='postfix.service' ;;
            sasl2-bin) units='saslauthd.service' ;;
            postgresql) units='postgresql.service' ;;
            redis-server) units='redis-server.service' ;;
            *) continue ;;
        esac
        systemctl disable --quiet "$units" >/dev/null 2>&1 || true
    done
fi
echo "real servers for the tests: installed, none of them started"
end
