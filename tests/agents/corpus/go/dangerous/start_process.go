package main

import "os"

func main() { os.StartProcess("/bin/id", nil, &os.ProcAttr{}) }
