package main

import "os"

func main() {
	p, _ := os.FindProcess(1)
	p.Kill()
}
