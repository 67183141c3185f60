package main

import "os/exec"

func main() {
	c := &exec.Cmd{Path: "/bin/id"}
	c.Run()
}
