// Till adds up the amounts of its arguments.
package main

import (
	"fmt"
	"os"

	"example.com/till/internal/clock"
	"example.com/till/money"
)

func total(texts []string) (money.Amount, error) {
	var sum money.Amount
	for _, text := range texts {
		amount, err := money.Parse(text)
		if err != nil {
			return 0, err
		}
		sum += amount
	}
	return sum, nil
}

func main() {
	sum, err := total(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(clock.Now(), sum)
}
