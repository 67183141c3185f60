#!/usr/bin/env bash
# Boots a real cgroup2 system under plain emulation and runs the tests in it: no KVM, no disk, nothing
# installed but qemu. Usage: run.sh TEST_PROGRAM RUNHARNESS KERNEL
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
program=$1 runharness=$2 kernel=$3

cannot() {
  if [ -n "${RUNHARNESS_NO_VM:-}" ]; then
    echo "SKIPPED: $1; RUNHARNESS_NO_VM says that this machine cannot run virtual machines"
    exit 77
  fi
  echo "FAIL: $1. ./dev setup installs what is missing; where that cannot be, set RUNHARNESS_NO_VM=1"
  exit 1
}
for tool in qemu-system-x86_64 busybox cpio strip; do
  command -v $tool >/dev/null || cannot "$tool is missing"
done
[ -r "$kernel" ] || cannot "no kernel at $kernel"
[ "$(uname -m)" = x86_64 ] || cannot "this is not an x86_64 machine"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The programs with the libraries they need, under the names by which the loader looks for them.
root=$work/root
mkdir -p "$root/bin"
cp init "$root/init"
cp cli.sh "$root/bin/cli.sh"
cp "$(command -v busybox)" "$root/bin/busybox"
strip -o "$root/vm_guest" "$program"
strip -o "$root/bin/runharness" "$runharness"
for each in "$program" "$runharness"; do ldd "$each" 2>/dev/null || true; done | grep -o '/[^ ]*' | sort -u | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
chmod 755 "$root/init" "$root/bin/cli.sh"
(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0) >"$work/initramfs"

# The machine has no power switch: a reboot ends it, and so does a panic.
timeout -k 5 100 qemu-system-x86_64 -M microvm,acpi=off,rtc=on,isa-serial=on -accel tcg,thread=multi -smp 2 -m 512 \
  -kernel "$kernel" -initrd "$work/initramfs" -no-reboot -nodefaults -display none -serial stdio \
  -append "console=ttyS0 quiet loglevel=1 rdinit=/init panic=-1 reboot=t cgroup_no_v1=all" \
  </dev/null >"$work/console" 2>&1 || true

tr -d '\r' <"$work/console" >"$work/said"
failed=
# One line for each test; all that a failed one had to say.
awk '/^SUITE / { suite = $2 }
     /^(PASS|FAIL) Cli/ { print }
     /^\[ +OK \]/ { print "PASS " $4 " " $5 " " $6 }
     /^\[  FAILED  \] .* ms\)$/ { print "FAIL " $4 " " $5 " " $6 }' "$work/said"
for suite in root root-cli delegated delegated-cli after-a-death alone alone-cli; do
  grep -qx "STATUS $suite 0" "$work/said" || failed="$failed $suite"
done
grep -qx 'STATUS death 137' "$work/said" || failed="$failed death"
grep -qx 'GUEST END' "$work/said" || failed="$failed power-off"
tests=$(grep -cE '^\[ +OK \]|^PASS Cli' "$work/said" || true)
if [ -n "$failed" ] || [ "$tests" = 0 ]; then
  cat "$work/said"
  echo "FAIL:$failed"
  exit 1
fi
echo "PASS: $tests tests on $(file -bL "$kernel" | grep -o 'version [^ ]*')"
