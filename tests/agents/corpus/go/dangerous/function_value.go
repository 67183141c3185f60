package main

import "os/exec"

func main() {
	f := exec.Command
	f("id").Run()
}
