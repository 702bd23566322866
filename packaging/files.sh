# shellcheck shell=sh
# Which file goes where, for `make install` and for the Debian package alike.

# files ROOT BASE RUN: what the machine needs beside the program, below ROOT. BASE is /usr/local or
# /usr; RUN is a command that runs a Python program with the coach's modules at hand.
files() {
    base=$1$2 run=$3
    install -d "$base/share/man/man1" "$base/share/bash-completion/completions"
    install -Dm644 -t "$base/lib/systemd/system" packaging/system/*.service packaging/system/*.timer
    install -Dm644 packaging/system/sysusers.conf "$base/lib/sysusers.d/cadence-coach.conf"
    install -Dm644 packaging/system/tmpfiles.conf "$base/lib/tmpfiles.d/cadence-coach.conf"
    install -Dm644 packaging/system/udev.rules "$base/lib/udev/rules.d/60-cadence-coach.rules"
    $run packaging/manual.py > "$base/share/man/man1/coach.1"
    $run -m firmware.app.cli completion bash > "$base/share/bash-completion/completions/coach"
}

# The same list, to take away again.
no_files() {
    base=$1
    rm -f "$base/lib/systemd/system/cadence-coach.service" \
        "$base/lib/systemd/system/cadence-coach-again.timer" \
        "$base/lib/sysusers.d/cadence-coach.conf" "$base/lib/tmpfiles.d/cadence-coach.conf" \
        "$base/lib/udev/rules.d/60-cadence-coach.rules" "$base/share/man/man1/coach.1" \
        "$base/share/bash-completion/completions/coach"
}
