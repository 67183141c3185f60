package main

import "os"

func main() { os.OpenFile("a", os.O_APPEND|os.O_WRONLY, 0o600) }
