package main

import "os/exec"

func make() func(string, ...string) *exec.Cmd { return exec.Command }

func main() { make()("id").Run() }
