package main

import (
	"fmt"
	"sync"
)

func main() {
	var wg sync.WaitGroup
	c := make(chan int, 3)
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go func(n int) {
			defer wg.Done()
			c <- n
		}(i)
	}
	wg.Wait()
	close(c)
	for x := range c {
		fmt.Println(x)
	}
}
