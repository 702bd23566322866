#!/bin/sh
# The guest's first process. It sees this machine's own root, read-only, and goes over to the Debian
# root (hil.root) with the guest's disk upon it, where all that is written stays; then it is systemd.
set -e
unit=$(cat "${0%/*}/hil-shell.service") # before anything is mounted over it
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
for word in $(cat /proc/cmdline); do
    case $word in
        hil.root=*) root=${word#*=} ;;
        hil.share=*) share=${word#*=} ;;
        hil.memory) memory=yes ;;
        hil.card=*) card=${word#*=} ;;
    esac
done

mount -t devtmpfs dev /dev
mount -t tmpfs tmp /mnt
mkdir /mnt/debian /mnt/disk /mnt/new
mount -t hostfs -o "$root" none /mnt/debian
mount -t ext4 /dev/ubda /mnt/disk
mkdir -p /mnt/disk/upper /mnt/disk/work
if [ "${memory:-}" ]; then
    # As raspi-config's read-only mode has it (overlayroot=tmpfs): what is written is in memory.
    mount -t tmpfs media /media
    mkdir /media/root-rw
    mount -t tmpfs memory /media/root-rw
    mkdir /media/root-rw/overlay /media/root-rw/work
    layers=lowerdir=/mnt/disk/upper:/mnt/debian,upperdir=/media/root-rw/overlay
    mount -t overlay -o "$layers,workdir=/media/root-rw/work" o /mnt/new
    mkdir -p /mnt/new/media/root-rw
    mount --no-mtab --move /media/root-rw /mnt/new/media/root-rw
else
    layers=lowerdir=/mnt/debian,upperdir=/mnt/disk/upper
    mount -t overlay -o "$layers,workdir=/mnt/disk/work" o /mnt/new
fi

mkdir -p /mnt/new/mnt/share
mount -t hostfs -o "$share" none /mnt/new/mnt/share
if [ "${card:-}" ]; then
    # As Raspberry Pi OS has it: cloud-init looks for its files in the card's boot partition. (This
    # root has no locales to choose from.)
    mkdir -p /mnt/new/boot/firmware
    mount -t hostfs -o "$card" none /mnt/new/boot/firmware
    cat > /mnt/new/etc/cloud/cloud.cfg.d/99_card.cfg << 'CONFIG'
datasource_list: [NoCloud]
datasource: {NoCloud: {seedfrom: "file:///boot/firmware/"}}
locale: false
CONFIG
fi
ln -s i2c-0 /dev/i2c-1 # where every Pi has its bus

# What lies in /run goes over to the new root, as /dev and /proc do.
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/systemd/system
cd /run/systemd/system

# A shell on the line ttyS0, for the test. It comes early and stays to the end.
echo "$unit" | sed s/@TTY@/ttyS0/ > hil-shell.service
mkdir sysinit.target.wants
ln -s ../hil-shell.service sysinit.target.wants/

# What a Pi does at its first boot or for its screen, and what this small kernel has no use for
for unit in systemd-firstboot systemd-hwdb-update systemd-journal-catalog-update \
    systemd-update-done systemd-update-utmp systemd-sysctl systemd-random-seed systemd-logind \
    ldconfig e2scrub_reap getty@tty1 console-getty modprobe@; do
    ln -s /dev/null "$unit.service"
done
exec switch_root /mnt/new /sbin/init < /dev/console > /dev/console 2>&1
