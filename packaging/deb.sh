#!/bin/sh
# make deb: the package for Debian and Raspberry Pi OS, bookworm and newer, any architecture.
#
# The coach is pure Python and takes numpy, gpiozero and smbus2 from Debian, so one package fits all.
# The settings are no conffile: `coach config set` changes them, and an upgrade must not ask about that.
set -eu
cd "$(dirname "$0")/.."
. packaging/files.sh

PYTHON=${1:?the Python to build with}
OUT=${2:?the folder for the package}
export PYTHONPATH="$PWD" # these sources, whatever that Python knows
VERSION=${VERSION:-$("$PYTHON" -c 'import firmware; print(firmware.__version__)')}
# The same sources make the same package, byte for byte.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2> /dev/null || stat -c %Y CHANGELOG.md)}
export SOURCE_DATE_EPOCH
umask 022

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"

share=$tree/usr/share/cadence-coach
install -d "$share" "$tree/usr/bin" "$tree/DEBIAN"
program "$share" "$tree/usr/bin/coach" /usr/bin/python3 /usr/share/cadence-coach
files "$tree" /usr "$PYTHON"
gzip -9n "$tree/usr/share/man/man1/coach.1"
install -Dm755 packaging/deb/rtupdate "$tree/usr/share/python3/runtime.d/cadence-coach.rtupdate"

docs=$tree/usr/share/doc/cadence-coach
install -Dm644 packaging/deb/copyright "$docs/copyright"
sed "s/@VERSION@/$VERSION/; s/@DATE@/$(date -uRd "@$SOURCE_DATE_EPOCH")/" packaging/deb/changelog \
    | gzip -9n > "$docs/changelog.gz"

size=$(du -sk "$tree/usr" | cut -f1)
sed "s/@VERSION@/$VERSION/; s/@SIZE@/$size/" packaging/deb/control > "$tree/DEBIAN/control"
install -m755 -t "$tree/DEBIAN" packaging/deb/preinst packaging/deb/postinst packaging/deb/prerm
sed -e '/^@MOUNTS@$/ { r packaging/mounts.sh' -e 'd }' packaging/deb/postrm > "$tree/DEBIAN/postrm"
chmod 755 "$tree/DEBIAN/postrm"
(cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum > DEBIAN/md5sums)

mkdir -p "$OUT"
dpkg-deb --root-owner-group -Zxz --build "$tree" "$OUT/cadence-coach_${VERSION}_all.deb" > /dev/null
echo "$OUT/cadence-coach_${VERSION}_all.deb"
