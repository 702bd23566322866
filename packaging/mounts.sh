# shellcheck shell=sh
# mounted DIR...: says what is mounted on one of them or below, and what to do; nothing where nothing is.
# To remove such a folder would empty what is mounted, a stick with other things as well, and then fail.
mounted() {
    for dir in "$@"; do
        awk -v dir="$dir" '$2 == dir || index($2, dir "/") == 1 {
            printf "%s is mounted on %s, and would be emptied. Do first: sudo umount %s", $1, $2, $2
            print " (with the coach stopped; what is on it stays). Then try again."
            exit
        }' /proc/self/mounts
    done | head -n 1
}
