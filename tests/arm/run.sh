#!/bin/sh
# make test-arm: the tests on Arm, with the Python, numpy and smbus2 that Debian has for a
# Pi, and gpiozero as Raspberry Pi OS has it. Each Arm program runs under qemu-user; the root is only unpacked, nothing is configured.
# SUITE says which Debian (default: trixie), ARCH=armhf means 32 bits; further arguments go to pytest instead of the tests below.
set -eu
cd "$(dirname "$0")/../.."
SUITE=${SUITE:-trixie}
ARCH=${ARCH:-arm64}
case $ARCH in
    arm64) QEMU=qemu-aarch64 TRIPLET=aarch64-linux-gnu CPU=cortex-a53 ;;
    armhf) QEMU=qemu-arm TRIPLET=arm-linux-gnueabihf CPU=cortex-a7 ;;
    *) echo "test-arm: ARCH=$ARCH: expected arm64 or armhf" >&2 && exit 2 ;;
esac
CACHE=${HIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cadence-coach-hil}
DATA=${COACH_DATA:-../shared/data}
# What differs between processors and versions: drivers, files, settings, number formats, and what the
# coach decides. Left out: sweeps and simulated walks of hours (numpy takes fifteen times as long here),
# the simulated walker itself (it is the tests', no Pi runs it) and an hour of the sample clock (its
# properties over minutes stay).
[ $# -gt 0 ] || set -- -m "not slow" tests/unit/hardware tests/unit/firmware tests/unit/coach \
    --ignore tests/unit/hardware/test_walker.py --ignore tests/unit/hardware/test_walker_mishaps.py \
    --ignore tests/unit/coach/test_coached.py --ignore tests/unit/coach/test_fatigue.py \
    --ignore tests/unit/coach/test_stumble.py --ignore tests/unit/coach/test_cadence.py \
    --deselect tests/unit/hardware/test_sampleclock.py::test_no_drift_in_a_session \
    --deselect tests/unit/hardware/test_sampleclock.py::test_no_drift_with_a_rhythm_of_its_own

FORMAT=/proc/sys/fs/binfmt_misc # where the kernel is told who runs what
PACKAGES=python3,python3-numpy,python3-colorzero,python3-smbus2,libblas3,liblapack3
PACKAGES=$PACKAGES,python3-pytest,python3-hypothesis,python3-rich,python3-tomlkit,python3-textual
PACKAGES=$PACKAGES,python3-shtab,dash,coreutils
root=$CACHE/$ARCH-$SUITE-$(printf %s "$PACKAGES" | sha256sum | cut -c1-12)

skip() {
    echo "test-arm: skipped: $*"
    exit 0
}

[ "$(id -u)" = 0 ] || skip "a Debian root takes root to make: sudo make test-arm"
for tool in mmdebstrap $QEMU-static unshare; do
    command -v $tool > /dev/null \
        || skip "no $tool here: apt-get install mmdebstrap qemu-user-static util-linux"
done
[ -e $FORMAT/register ] || mount -t binfmt_misc none $FORMAT 2> /dev/null \
    || skip "this kernel cannot be told to run Arm programs (no binfmt_misc)"
# The flag F in it opens qemu now, so that it is found from within the root as well.
[ -e $FORMAT/$QEMU ] || cat /usr/lib/binfmt.d/$QEMU.conf > $FORMAT/register

if [ ! -d "$root" ]; then
    echo "test-arm: unpacking a Debian root, once: $root"
    mkdir -p "$CACHE"
    rm -rf "$root.new"
    mmdebstrap --quiet --variant=extract --arch=$ARCH --include=$PACKAGES \
        --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' "$SUITE" "$root.new"
    python3 -m pip install --quiet --disable-pip-version-check --no-deps --target \
        "$root.new/usr/lib/python3/dist-packages" "gpiozero>=2.0"
    mkdir -p "$root.new/src" "$root.new/data" "$root.new/proc" "$root.new/dev"
    mv "$root.new" "$root"
fi

# A Pi Zero 2 W's processor; emulating a newer one takes five times as long. An unpacked numpy finds
# BLAS only where it is told to.
export QEMU_CPU=$CPU OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 COACH_DATA=/data
export LD_LIBRARY_PATH=/usr/lib/$TRIPLET/blas:/usr/lib/$TRIPLET/lapack
export ARM_ROOT="$root" ARM_DATA="$DATA" HOME=/tmp PATH=/usr/sbin:/usr/bin:/sbin:/bin
# In mounts of its own, which end with it.
# shellcheck disable=SC2016 # the inner shell puts the values in
exec unshare --mount sh -c '
    set -e
    mount --bind . "$ARM_ROOT/src"
    mount --rbind /dev "$ARM_ROOT/dev"
    mount -t proc proc "$ARM_ROOT/proc"
    mount -t tmpfs tmp "$ARM_ROOT/tmp"
    [ ! -d "$ARM_DATA" ] || mount --bind "$ARM_DATA" "$ARM_ROOT/data"
    exec chroot "$ARM_ROOT" sh -c "cd /src && exec env -u CI python3 -m pytest -q -p no:cacheprovider \
        -p tests.arm.patience \
        -W ignore:pkg_resources -W ignore:Deprecated:DeprecationWarning \"\$@\"" sh "$@"
' sh "$@"
