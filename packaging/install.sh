#!/bin/sh
# make install, make uninstall: the coach on this machine, as a service.
#
# The program lives in a virtual environment under /opt/cadence-coach that sees the system's Python
# packages: numpy, the pin driver (lgpio) and what else Debian has come from Debian, which has them
# for every Pi, 32-bit too; pip adds what is missing. Run it again to upgrade, or after an upgrade
# of the system. Settings and log are never touched, but by PURGE=1 make uninstall.
set -eu
umask 022 # the service reads what root installs
cd "$(dirname "$0")/.."
. packaging/files.sh

HOME_DIR=/opt/cadence-coach
PYTHON=/usr/bin/python3 # the system's own: only that one sees the system's packages
BASE=/usr/local
UNITS="cadence-coach.service cadence-coach-again.timer"
EXTRAS=cli,fit # tables, completion, comments kept, the full screen; and sessions for sports sites

say() { printf '%s\n' "$*"; }
fail() { printf 'install: %s\n' "$*" >&2; exit 1; }
system_runs() { [ -d /run/systemd/system ]; }
has() { "$PYTHON" -c "import $1" 2> /dev/null; }

# apt PACKAGE: from Debian if Debian has it; false where it does not come.
apt() {
    command -v apt-get > /dev/null || return 1
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "$1" > /dev/null 2>&1
}

check() {
    [ "$(id -u)" = 0 ] || fail "only root can install a service: sudo make $1"
    [ -z "${DESTDIR:-}" ] || fail "a virtual environment cannot be moved: run this in the image (chroot), or make deb"
    if dpkg-query -W -f '${db:Status-Status}' cadence-coach 2> /dev/null | grep -qx installed; then
        fail "the Debian package cadence-coach is installed; take it away first: sudo apt remove cadence-coach"
    fi
}

prerequisites() {
    [ -x "$PYTHON" ] || fail "there is no $PYTHON: sudo apt install python3"
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
        || fail "$("$PYTHON" --version) is too old: Debian or Raspberry Pi OS bookworm or newer has 3.11"
    has ensurepip || apt python3-venv || fail "venv is missing: sudo apt install python3-venv"
    has numpy || apt python3-numpy || say "No python3-numpy from Debian; pip brings it."
    has lgpio || apt python3-lgpio || true
}

environment() {
    version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    [ -d "$HOME_DIR/lib/python$version" ] || rm -rf "$HOME_DIR" # of an older Python
    "$PYTHON" -m venv --system-site-packages "$HOME_DIR"
    build=$(mktemp -d)
    trap 'rm -rf "$build"' EXIT
    cp -r coach hardware firmware pyproject.toml README.md LICENSE "$build" # pip leaves things behind
    set -- "$HOME_DIR/bin/python" -m pip --disable-pip-version-check --quiet
    "$@" wheel --no-deps --wheel-dir "$build/wheel" "$build"
    wheel=$(echo "$build"/wheel/*.whl)
    "$@" install --force-reinstall --no-deps "$wheel"
    "$@" install "${wheel}[$EXTRAS]"
    "$HOME_DIR/bin/python" -c 'import lgpio' 2> /dev/null \
        || "$@" install lgpio > /dev/null 2>&1 \
        || say "WARNING: no pin driver: neither Debian (python3-lgpio) nor pip (lgpio) has one for Python" \
            "$version here. Raspberry Pi OS has python3-lgpio. Elsewhere: sudo apt install swig gcc" \
            "python3-dev, and make install again. Until then only coach run --simulate and replays work."
}

settings() {
    systemd-sysusers cadence-coach.conf
    systemd-tmpfiles --create cadence-coach.conf
    [ -e /etc/cadence-coach/coach.toml ] || install -o root -g cadence-coach -m 664 \
        packaging/system/coach.toml /etc/cadence-coach/coach.toml
}

start() {
    systemctl --quiet enable cadence-coach.service
    system_runs || { say "systemd does not run here: the coach starts with the next boot."; return; }
    udevadm control --reload
    udevadm trigger --subsystem-match=i2c-dev --subsystem-match=gpio
    systemctl daemon-reload
    systemctl restart cadence-coach.service || say "It did not start: journalctl -u cadence-coach"
}

closing_words() {
    say "Installed: $(coach --version), settings in /etc/cadence-coach, log in /var/lib/cadence-coach."
    if [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
        usermod -aG cadence-coach "$SUDO_USER"
        say "$SUDO_USER may command the coach (group cadence-coach) after the next login."
    fi
    if system_runs && [ ! -e /dev/i2c-1 ]; then
        say "The I2C bus is off: sudo raspi-config nonint do_i2c 0, then sudo reboot"
    fi
}

install_all() {
    check install
    prerequisites
    environment
    files "" "$BASE" "$HOME_DIR/bin/python"
    settings
    install -d "$BASE/bin"
    ln -sfn "$HOME_DIR/bin/coach" "$BASE/bin/coach"
    start
    closing_words
}

uninstall_all() {
    check uninstall
    if system_runs; then
        # shellcheck disable=SC2086 # two units
        systemctl stop $UNITS 2> /dev/null || true
    fi
    systemctl --quiet disable cadence-coach.service 2> /dev/null || true
    no_files "$BASE"
    rm -f "$BASE/bin/coach"
    rm -rf "$HOME_DIR"
    if system_runs; then
        systemctl daemon-reload
        systemctl reset-failed cadence-coach.service 2> /dev/null || true
        udevadm control --reload
    fi
    if [ "${PURGE:-}" = 1 ]; then
        rm -rf /etc/cadence-coach /var/lib/cadence-coach
        ! id cadence-coach > /dev/null 2>&1 || userdel cadence-coach
        ! getent group cadence-coach > /dev/null || groupdel cadence-coach
        say "Uninstalled, with settings and log."
    else
        say "Uninstalled. Settings (/etc/cadence-coach) and log (/var/lib/cadence-coach) are kept; PURGE=1 takes them too."
    fi
}

case ${1:-} in
    install) install_all ;;
    uninstall) uninstall_all ;;
    *) fail "expected install or uninstall" ;;
esac
