package main

import o "os"

func main() { o.Remove("x") }
