#!/bin/sh
# make install, make uninstall: the coach on this machine, as a service.
#
# The program lives in /opt/cadence-coach: its three packages in lib, where nobody else looks for
# theirs, and beside them a virtual environment that sees the system's Python packages. numpy and the
# pin driver (lgpio) come from Debian where Debian has them, for every Pi, 32-bit too; all else is
# what packaging/requirements.lock names, by its hash, and nothing is compiled. Run it again to
# upgrade, or after an upgrade of the system. Settings and log are never touched, but by PURGE=1
# make uninstall.
set -eu
umask 022 # the service reads what root installs
cd "$(dirname "$0")/.."
. packaging/files.sh
. packaging/mounts.sh

HOME_DIR=/opt/cadence-coach
LIB=$HOME_DIR/lib
VENV=$HOME_DIR/venv
PYTHON=/usr/bin/python3 # the system's own: only that one sees the system's packages
BASE=/usr/local
KEPT="/etc/cadence-coach /var/lib/cadence-coach" # settings and log
UNITS="cadence-coach.service cadence-coach-again.timer"

say() { printf '%s\n' "$*"; }
fail() { printf 'install: %s\n' "$*" >&2; exit 1; }
system_runs() { [ -d /run/systemd/system ]; }
has() { "$PYTHON" -c "import $1" 2> /dev/null; }

# apt PACKAGE: from Debian if Debian has it; false, with apt's own words, where it does not come.
apt() {
    command -v apt-get > /dev/null || return 1
    if [ -z "${APT_UPDATED:-}" ]; then
        APT_UPDATED=1
        apt-get update -qq || say "The lists of packages could not be brought up to date; going on with those at hand."
    fi
    apt-cache show "$1" > /dev/null 2>&1 || return 1 # this system has no such package
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "$1" > /dev/null
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

# locked NAME...: the lock without these packages.
locked() {
    awk -v without=" $* " '/^[a-z]/ { split($1, part, "=="); skip = index(without, " " part[1] " ") } !skip' \
        packaging/requirements.lock
}

# pip_locked FILE: what the file names, by hash.
pip_locked() {
    "$VENV/bin/python" -m pip --disable-pip-version-check --quiet \
        install --require-hashes --no-deps --only-binary=:all: -r "$1"
}

environment() {
    version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    [ -d "$VENV/lib/python$version" ] || rm -rf "$VENV" # of an older Python
    "$PYTHON" -m venv --system-site-packages "$VENV"
    wanted=$(mktemp)
    trap 'rm -f "$wanted"' EXIT
    if has numpy; then locked numpy lgpio > "$wanted"; else locked lgpio > "$wanted"; fi
    pip_locked "$wanted" || fail "pip did not get what packaging/requirements.lock names; its words are above"
    has lgpio && return
    awk '/^[a-z]/ { mine = /^lgpio==/ } mine' packaging/requirements.lock > "$wanted"
    pip_locked "$wanted" 2> /dev/null \
        || say "WARNING: no pin driver: neither Debian (python3-lgpio) nor pip (lgpio) has one for Python" \
            "$version here. Raspberry Pi OS has python3-lgpio. Until one is there only coach run" \
            "--simulate and replays work."
}

stop() {
    # shellcheck disable=SC2086 # two units
    ! system_runs || systemctl stop $UNITS 2> /dev/null || true
}

sources() {
    rm -rf "$LIB.new"
    program "$LIB.new" "$HOME_DIR/coach.new" "$VENV/bin/python" "$LIB"
    "$VENV/bin/python" -m compileall -q "$LIB.new" -s "$LIB.new" -p "$LIB"
    sync # a Pi is switched off by its plug: what is not on the card by then is empty files
    stop
    rm -rf "$LIB.old"
    [ ! -e "$LIB" ] || mv "$LIB" "$LIB.old" # a program stands there, whenever the power goes
    mv "$LIB.new" "$LIB"
    mv "$HOME_DIR/coach.new" "$HOME_DIR/coach"
    (cd "$HOME_DIR" && rm -rf bin include lib64 pyvenv.cfg share lib.old) # and what 0.1 had here
}

settings() {
    systemd-sysusers cadence-coach.conf
    # Before 0.2 its home was the log's folder, which the group may write to.
    [ "$(getent passwd cadence-coach | cut -d: -f6)" = /nonexistent ] \
        || usermod --home /nonexistent cadence-coach
    systemd-tmpfiles --create cadence-coach.conf
    [ -e /etc/cadence-coach/coach.toml ] || install -o root -g cadence-coach -m 664 \
        packaging/system/coach.toml /etc/cadence-coach/coach.toml
}

start() {
    systemctl --quiet enable cadence-coach.service
    system_runs || { say "systemd does not run here: the coach starts with the next boot."; return; }
    [ -e /dev/i2c-1 ] || ! command -v raspi-config > /dev/null || raspi-config nonint do_i2c 0
    modprobe i2c-dev 2> /dev/null || true
    udevadm control --reload
    udevadm trigger --subsystem-match=i2c-dev --subsystem-match=gpio
    systemctl daemon-reload
    sync
    systemctl start cadence-coach.service || say "It did not start: journalctl -u cadence-coach"
}

closing_words() {
    say "Installed: $(coach --version), settings in /etc/cadence-coach, log in /var/lib/cadence-coach."
    if [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
        usermod -aG cadence-coach "$SUDO_USER"
        say "$SUDO_USER may command the coach (group cadence-coach) after the next login."
    fi
    if system_runs && [ ! -e /dev/i2c-1 ]; then
        say "The I2C bus is off: put dtparam=i2c_arm=on into /boot/firmware/config.txt and restart."
    fi
}

install_all() {
    check install
    prerequisites
    environment
    sources
    files "" "$BASE" "$VENV/bin/python"
    settings
    install -d "$BASE/bin"
    ln -sfn "$HOME_DIR/coach" "$BASE/bin/coach"
    start
    closing_words
}

uninstall_all() {
    check uninstall
    if [ "${PURGE:-}" = 1 ]; then gone="$HOME_DIR $KEPT"; else gone=$HOME_DIR; fi
    # shellcheck disable=SC2086 # a list
    found=$(mounted $gone)
    [ -z "$found" ] || fail "nothing was removed: $found"
    stop
    systemctl --quiet disable cadence-coach.service 2> /dev/null || true
    no_files "$BASE"
    rm -f "$BASE/bin/coach"
    # shellcheck disable=SC2086 # a list
    rm -rf $gone
    if system_runs; then
        systemctl daemon-reload
        systemctl reset-failed cadence-coach.service 2> /dev/null || true
        udevadm control --reload
    fi
    if [ "${PURGE:-}" = 1 ]; then
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
