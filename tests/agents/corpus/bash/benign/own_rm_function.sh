rm() {
  echo "not removing $1"
}
rm x
