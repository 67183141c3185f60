package main

import e "os/exec"

func main() { out, _ := e.Command("id").Output(); println(string(out)) }
