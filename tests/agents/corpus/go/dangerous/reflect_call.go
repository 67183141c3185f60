package main

import (
	"os"
	"reflect"
)

func main() { reflect.ValueOf(os.Remove).Call([]reflect.Value{reflect.ValueOf("x")}) }
