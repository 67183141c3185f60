package main

import "os"

func main() { os.WriteFile("a", []byte("x"), 0o644) }
