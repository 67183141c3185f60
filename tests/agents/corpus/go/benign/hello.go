package main

import "fmt"

func main() { fmt.Println("exec.Command os.Remove") } // os.RemoveAll("/")
