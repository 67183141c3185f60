# Keeps the state of a bash session: sources cell after cell, as a line "N" on the control socket (descriptor 0) asks, and
# answers "N STATUS". $1: folder of the cells.
__rh_folder=$1
shift
exec {__rh_control}<&0 0</dev/null
__rh_number=0 __rh_stop=0
# After an interrupt each next command of a function or sourced file returns instead, which ends loops, too.
__rh_step() {
  if ((__rh_stop && ${#FUNCNAME[@]} > 2)); then return 2; fi
  return 0
}
trap '[ "$__rh_number" = 0 ] || { __rh_stop=1; set -T; shopt -s extdebug; trap __rh_step DEBUG; }' INT
trap '__rh_status=$?; [ "$__rh_number" = 0 ] || printf "%s %d exit\n" "$__rh_number" "$__rh_status" >&"$__rh_control"' EXIT
__rh_run() { . "$__rh_folder/cell_$__rh_number"; }
while IFS= read -r -u "$__rh_control" __rh_number; do
  . "$__rh_folder/env_$__rh_number"
  __rh_run
  __rh_status=$?
  if ((__rh_stop)); then
    __rh_stop=0 __rh_status=130
    trap - DEBUG
    shopt -u extdebug
    set +T
  fi
  printf '%s %d\n' "$__rh_number" "$__rh_status" >&"$__rh_control"
  __rh_number=0
done
