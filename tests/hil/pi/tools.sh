#!/bin/sh
# Run inside a fresh Debian trixie with QEMU in it: what else the emulated Pis are made of, in /pi.
set -eu
cd /tmp

# The headers of this very QEMU, as far as board.c needs them. Its configuration is not at hand: what
# stands here is what the structures depend on, and board.c looks whether they are the same.
apt-get -qq source --download-only qemu
mkdir -p /pi/qemu /pi/qemu/generated/qapi
tar -C /pi/qemu --strip-components=1 --wildcards -xf qemu_*.orig.tar.xz \
    '*/include' '*/linux-headers' '*/host' '*/qapi' '*/scripts'
cd /pi/qemu
python3 scripts/qapi-gen.py -b -o generated/qapi qapi/qapi-schema.json
for name in POSIX LINUX IOVEC MADVISE ATOMIC64 INT128; do
    echo "#define CONFIG_$name 1"
done > generated/config-host.h
echo '#define HOST_X86_64 1' >> generated/config-host.h
touch generated/config-poison.h

# Debian's kernel, and those of its modules that a Pi's card, bus and read-only mode need.
cd /tmp
apt-get -qq download "$(apt-cache depends linux-image-arm64:arm64 | sed -n 's/.*Depends: //p' | head -n 1)"
dpkg-deb --extract linux-image-*.deb kernel
version=$(basename kernel/usr/lib/modules/*)
cp "kernel/boot/vmlinuz-$version" /pi/kernel
modules=/pi/tree/usr/lib/modules/$version
mkdir -p "$modules"
ln -s usr/lib /pi/tree/lib
cp "kernel/usr/lib/modules/$version"/modules.* "$modules"
for name in crypto/crc32c_generic lib/crc16 lib/libcrc32c fs/mbcache fs/jbd2/jbd2 fs/ext4/ext4 \
    drivers/mmc/host/bcm2835 drivers/i2c/busses/i2c-bcm2835 drivers/i2c/i2c-dev fs/overlayfs/overlay; do
    install -D -m 644 -t "$modules/kernel/${name%/*}" "kernel/usr/lib/modules/$version/kernel/$name.ko.xz"
done
depmod -b /pi/tree "$version"

# An initramfs that can read the card: its modules in the order in which they need each other.
mkdir -p /pi/initramfs/bin /pi/initramfs/modules /pi/initramfs/dev /pi/initramfs/card
order=0
for name in crc32c_generic crc16 libcrc32c mbcache jbd2 ext4 bcm2835; do
    order=$((order + 1))
    xz -dc "$(find "$modules" -name "$name.ko.xz")" > "/pi/initramfs/modules/$order-$name.ko"
done
apt-get -qq download busybox-static:arm64
dpkg-deb --fsys-tarfile busybox-static_*.deb | tar -xO --wildcards '*bin/busybox' > /pi/initramfs/bin/busybox
cp /init /pi/initramfs/init
chmod +x /pi/initramfs/bin/busybox /pi/initramfs/init
(cd /pi/initramfs && find . | cpio --quiet -o -H newc | gzip -1) > /pi/initramfs.gz

# The device trees, with what a Pi's firmware puts into them: the board's revision, which gpiozero asks
# for, and the number of the header's bus. What QEMU lacks would keep its serial line: Bluetooth.
for board in 3-b:a02082 zero-2-w:902120; do
    tree=/pi/${board%:*}.dtb
    cp kernel/usr/lib/linux-image-"$version"/broadcom/bcm2837-rpi-"${board%:*}".dtb "$tree"
    fdtput -p -t x "$tree" /system linux,revision "${board#*:}"
    fdtput -t s "$tree" /aliases i2c1 /soc/i2c@7e804000
    fdtput -r "$tree" /soc/serial@7e201000/bluetooth
done
rm -rf /tmp/*
