package main

import "os"

func open(flag int) { os.OpenFile("a", flag, 0o600) }

func main() { open(1) }
