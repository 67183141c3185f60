# Runs code again and again: a line with assignments comes on the socket that is descriptor 0, a line of JSON goes back.
exec {__control}<&0 0</dev/null
while IFS= read -r __line <&"$__control"; do
  eval "$__line"
  if [ -n "$__input" ]; then
    eval "$__code" <<<"$__input"
  else
    eval "$__code"
  fi
  printf '{"id":%d,"error":null,"status":%d,"shown":[]}\n' "$__id" "$?" >&"$__control"
done
