trap 'echo bye' EXIT
trap - INT
exit 0
