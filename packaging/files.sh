# shellcheck shell=sh
# Which file goes where, for `make install` and for the Debian package alike.

# program LIB COMMAND PYTHON SHOWN: the three packages into the folder LIB, and the file COMMAND that
# runs them by PYTHON. In a folder of its own: coach, hardware and firmware are everybody's words.
# SHOWN is LIB as the installed system has it.
program() {
    find coach hardware firmware \( -name '*.py' -o -name '*.css' -o -name '*.js' \) | while read -r file; do
        install -Dm644 "$file" "$1/$file"
    done
    install -Dm644 packaging/system/coach.toml "$1/coach.toml" # what new settings begin with
    sed "s|@PYTHON@|$3|; s|@LIB@|$4|" packaging/coach > "$2"
    chmod 755 "$2"
}

# files ROOT BASE PYTHON: what the machine needs beside the program, below ROOT. BASE is /usr/local or
# /usr; PYTHON has shtab. It leaves nothing of root's (-B) in somebody's checkout.
files() {
    base=$1$2 python=$3
    install -d "$base/share/man/man1" "$base/share/bash-completion/completions"
    install -Dm644 -t "$base/lib/systemd/system" packaging/system/*.service packaging/system/*.timer
    install -Dm644 packaging/system/sysusers.conf "$base/lib/sysusers.d/cadence-coach.conf"
    install -Dm644 packaging/system/tmpfiles.conf "$base/lib/tmpfiles.d/cadence-coach.conf"
    install -Dm644 packaging/system/modules.conf "$base/lib/modules-load.d/cadence-coach.conf"
    install -Dm644 packaging/system/udev.rules "$base/lib/udev/rules.d/60-cadence-coach.rules"
    PYTHONPATH=$PWD "$python" -B packaging/manual.py > "$base/share/man/man1/coach.1"
    PYTHONPATH=$PWD "$python" -B -m firmware completion bash > "$base/share/bash-completion/completions/coach"
}

# The same list, to take away again.
no_files() {
    base=$1
    rm -f "$base/lib/systemd/system/cadence-coach.service" \
        "$base/lib/systemd/system/cadence-coach-again.timer" \
        "$base/lib/sysusers.d/cadence-coach.conf" "$base/lib/tmpfiles.d/cadence-coach.conf" \
        "$base/lib/modules-load.d/cadence-coach.conf" \
        "$base/lib/udev/rules.d/60-cadence-coach.rules" "$base/share/man/man1/coach.1" \
        "$base/share/bash-completion/completions/coach"
}
