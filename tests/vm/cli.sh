#!/bin/sh
# The command line in the virtual machine: what `runharness run` says and returns. Usage: cli.sh WHO, where
# WHO is root, delegated (an ordinary user alone in a group) or alone (one without any group).
who=$1
failed=0
cd /tmp || exit 1

# passes NAME COMMAND...
passes() {
  name=$1
  shift
  if "$@"; then echo "PASS Cli.$who.$name"; else failed=1 && echo "FAIL Cli.$who.$name" && echo "$record"; fi
}
# Every pattern is in the record.
says() {
  for pattern in "$@"; do
    if ! echo "$record" | grep -q "$pattern"; then
      echo "missing: $pattern"
      return 1
    fi
  done
}
returns() {
  want=$1
  shift
  "$@" >/dev/null 2>&1
  got=$?
  [ $got = "$want" ] || { echo "exit code $got, not $want" && false; }
}

record=$(runharness run --json --memory 20M -- /vm_guest act touch 83886080 2>&1)
case $who in
  alone) passes Memory says '"ending": "memory"' '"ending_detail": "watchdog' '"oom_kills": null' ;;
  *) passes Memory says '"ending": "memory"' '"oom_kills": [1-9]' '"peak_memory_bytes": 20971520' \
    '"peak_memory_source": "cgroup v2 memory.peak"' '"oom_kills": "cgroup v2 memory.events"' ;;
esac

record=$(runharness run --json --memory 64M --pids 50 --cpu-time 10s --cpus 0.5 -- true 2>&1)
case $who in
  alone) passes Rows says '"memory limit".*degraded.*as root' '"process limit".*degraded.*as root' '"cpu bandwidth".*refused.*as root' ;;
  *) passes Rows says '"memory limit".*enforced' '"process limit".*enforced' '"cpu time limit".*enforced' '"cpu bandwidth".*enforced' ;;
esac

record=
passes ExitCode returns 7 runharness run -- sh -c 'exit 7'
[ "$who" = alone ] && passes Required returns 7 runharness run --memory 64M --require memory -- true
[ "$who" != alone ] && passes Required returns 0 runharness run --memory 64M --pids 50 --cpu-time 10s --require memory,pids,cpu -- true
exit $failed
