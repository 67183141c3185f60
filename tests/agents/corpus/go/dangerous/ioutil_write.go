package main

import "io/ioutil"

func main() { ioutil.WriteFile("a", nil, 0644) }
