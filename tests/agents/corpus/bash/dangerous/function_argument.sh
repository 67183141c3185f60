run() {
  $1 -rf x
}
run rm
