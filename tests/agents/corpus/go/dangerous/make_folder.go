package main

import "os"

func main() { os.MkdirAll("a/b", 0o755) }
