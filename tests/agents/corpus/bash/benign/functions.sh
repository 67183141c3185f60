add() {
  local a=$1 b=$2
  echo $((a + b))
}
result=$(add 1 2)
echo "$result"
