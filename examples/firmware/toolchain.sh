# Sourced by scripts that run programs on emulated chips. Installs what is missing.
#
#   build PACKAGE CHIP CARGO_ARGUMENT...  builds programs of the package in that folder; prints the folder they are in
#   cargo_for_chip PACKAGE CHIP COMMAND CARGO_ARGUMENT...  another command of cargo than build, with the same compiler
#   emulate CHIP ELF [QEMU_ARGUMENT]...   runs one; what it writes by semihosting goes to stdout
#   emulate_avr ELF                       runs one of avr; its serial port is stdin and stdout
#   count_avr ELF                         the same, in an emulator that counts cycles; without stdin
#
# The chips are m4f, m7, m33, m0, rv32 and avr. wasm is none, and runs in node. From the environment:
#   FIRMWARE_TOOLCHAIN  rustup or debian; otherwise rustup, if it has the chip's target, or else debian; avr is debian's
#   FIRMWARE_RUSTFLAGS  for example -Ctarget-cpu=cortex-m4
#   FIRMWARE_FEATURES   features of the programs besides their own: vfp (in figures, vmla too)
#   FIRMWARE_TIMEOUT    seconds that a program may take, 120 if unset
#   OPT_LEVEL           instead of the profile's

shopt -s inherit_errexit
# Where `cargo install` puts things.
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin

debian_packages=(rustc-web cargo-web rust-web-src lld)
avr_packages=(gcc-avr avr-libc binutils-avr simavr qemu-system-misc)

build() {
    local package=$1 chip=$2
    shift 2
    cargo_for_chip "$package" "$chip" build "$@" >&2 || return
    echo "${CARGO_TARGET_DIR:-$package/target}/$(target_of "$chip")/release"
}

cargo_for_chip() {
    local package=$1 chip=$2 command=$3 target compiler cargo=(cargo) options=()
    shift 3
    target=$(target_of "$chip") || return
    compiler=$(compiler_for "$target")
    case $compiler in
        rustup) ;;
        debian)
            install_packages "${debian_packages[@]}" || return
            [ "$chip" != avr ] || install_packages "${avr_packages[@]}" || return
            # Debian has core only as source, and building it counts as unstable.
            cargo=(env RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc /usr/bin/cargo)
            options=(-Zbuild-std=core --config "target.$target.linker='$(linker_for "$chip")'")
            ;;
        *)
            echo "FIRMWARE_TOOLCHAIN is rustup or debian" >&2
            return 1
            ;;
    esac
    (
        export RUSTFLAGS=${FIRMWARE_RUSTFLAGS:-}
        if [ "$chip" = avr ]; then
            RUSTFLAGS+=" -Ctarget-cpu=atmega328p -Clink-arg=-mmcu=atmega328p"
            # It warns that this linker has no option -no-pie, and does without.
            export RUSTC_LOG=error
        fi
        [ -z "${OPT_LEVEL:-}" ] || export CARGO_PROFILE_RELEASE_OPT_LEVEL=$OPT_LEVEL
        "${cargo[@]}" "$command" --quiet --release --locked --manifest-path "$package/Cargo.toml" \
            --target "$target" --target-dir "${CARGO_TARGET_DIR:-$package/target}" "${options[@]}" "$@"
    )
}

emulate() {
    local chip=$1 elf=$2 machine
    shift 2
    case $chip in
        m4f) machine=(qemu-system-arm -machine mps2-an386 -cpu cortex-m4) ;;
        m7) machine=(qemu-system-arm -machine mps2-an500) ;;
        m33) machine=(qemu-system-arm -machine mps2-an505) ;;
        m0) machine=(qemu-system-arm -machine microbit) ;;
        rv32) machine=(qemu-system-riscv32 -machine virt -bios none) ;;
    esac
    timeout --kill-after=5 "${FIRMWARE_TIMEOUT:-120}" "${machine[@]}" -display none -monitor none -serial none \
        -semihosting-config enable=on,target=native -kernel "$elf" "$@" </dev/null
}

# A program of this chip has no exit code, and neither emulator ends by it: its last line is "exit CODE".
emulate_avr() {
    until_exit qemu-system-avr -machine arduino-uno -bios "$1" -display none -monitor none -serial stdio
}

count_avr() {
    # It colours what the serial port sends, ends each line with a dot, and says what it has loaded.
    until_exit simavr -m atmega328p -f 16000000 "$1" < <(:) | sed -u 's/\x1b\[[0-9]*m//g; s/\.$//; /^Loaded /d'
}

# Runs a command, passes on what it prints, its errors included, and ends it after the line "exit CODE", with this code; with 124 after too much time.
until_exit() {
    local line code= status=0 output pid
    # The standard input is that of this function.
    exec {output}< <(exec timeout --kill-after=5 "${FIRMWARE_TIMEOUT:-120}" "$@" 2>&1)
    pid=$!
    while [ -z "$code" ] && IFS= read -r line <&"$output"; do
        code=$(sed -nE 's/^(\x1b\[[0-9]*m)*exit ([0-9]+)\.?$/\2/p' <<<"$line")
        [ -n "$code" ] || printf '%s\n' "$line"
    done
    # Where it has ended already, there is nothing to end.
    [ -z "$code" ] || kill "$pid" 2>/dev/null || true
    wait "$pid" || status=$?
    exec {output}<&-
    return "${code:-$((status == 0 ? 1 : status))}"
}

install_emulators() {
    command -v qemu-system-arm >/dev/null || install_packages qemu-system-arm
    command -v qemu-system-riscv32 >/dev/null || install_packages qemu-system-misc
}

install_defmt_print() {
    command -v cargo >/dev/null || install_packages rustc-web cargo-web
    command -v defmt-print >/dev/null && return
    echo "installing defmt-print 1.2.0 from its source, which takes minutes" >&2
    cargo install --quiet --locked defmt-print --version 1.2.0
}

target_of() {
    case $1 in
        m4f | m7) echo thumbv7em-none-eabihf ;;
        m0) echo thumbv6m-none-eabi ;;
        m33) echo thumbv8m.main-none-eabihf ;;
        rv32) echo riscv32imc-unknown-none-elf ;;
        avr) echo avr-none ;;
        wasm) echo wasm32-unknown-unknown ;;
        *)
            echo "no chip is called $1" >&2
            return 1
            ;;
    esac
}

linker_for() { # CHIP
    case $1 in
        avr) echo avr-gcc ;;
        wasm) echo wasm-ld ;;
        *) echo ld.lld ;;
    esac
}

# Whose compiler builds for a target.
compiler_for() { # TARGET
    if [ "$1" = avr-none ]; then
        # rustup has no core for it.
        echo debian
    elif [ -n "${FIRMWARE_TOOLCHAIN:-}" ]; then
        echo "$FIRMWARE_TOOLCHAIN"
    elif [ -d "$(rustc --print target-libdir --target "$1" 2>/dev/null)" ]; then
        echo rustup
    else
        echo debian
    fi
}

# The compiler of all chips, so that their figures go together; sets FIRMWARE_TOOLCHAIN, and `compiler` to its name.
choose_compiler() {
    local chip toolchain=rustup
    for chip in m4f m0 rv32; do
        [ "$(compiler_for "$(target_of "$chip")")" = rustup ] || toolchain=debian
    done
    FIRMWARE_TOOLCHAIN=$toolchain
    if [ $toolchain = debian ]; then
        install_packages "${debian_packages[@]}"
        compiler="Debian's $(/usr/bin/rustc --version)"
    else
        compiler="rustup's $(rustc --version)"
    fi
}

# Debian's packages that are missing. Where apt would have to remove another package for them, only CI lets it.
install_packages() {
    local package missing=() root=() install obstacles
    command -v apt-get >/dev/null || {
        echo "no apt here to install packages with; what provides these is needed: $*" >&2
        return 1
    }
    for package; do
        [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing ${missing[*]}" >&2
    [ "$(id -u)" = 0 ] || root=(sudo)
    "${root[@]}" apt-get update -qq -o DPkg::Lock::Timeout=300 >&2 || echo "goes on with old lists of packages" >&2
    install=(apt-get install --no-install-recommends "${missing[@]}")
    obstacles=$("${install[@]}" --simulate -qq | awk '$1 == "Remv" { printf "%s%s", space, $2; space = " " }') || return
    if [ -n "$obstacles" ] && [ "${CI:-}" != true ]; then
        echo "in the way, in a version that does not go together with these packages: $obstacles" >&2
        echo "nothing was changed; this removes it and installs them: ${root[*]:+${root[*]} }${install[*]}" >&2
        return 1
    fi
    [ -z "$obstacles" ] || echo "removing what is in the way: $obstacles" >&2
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        "${install[@]}" -qq --yes -o DPkg::Lock::Timeout=300 $([ -n "$obstacles" ] || echo --no-remove) >/dev/null
}
