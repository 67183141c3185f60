package main

import "syscall"

func main() { syscall.Syscall(1, 0, 0, 0) }
