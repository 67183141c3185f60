package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

func main() {
	_, err := os.Stat("x")
	var pe *fs.PathError
	fmt.Println(errors.Is(err, os.ErrNotExist), errors.As(err, &pe))
}
