package money_test

import (
	"fmt"

	"example.com/till/money"
)

func ExampleAmount_Split() {
	fmt.Println(money.Amount(1000).Split(3))
	// Output: [3.33 3.33 3.34]
}

func ExampleParse() {
	amount, _ := money.Parse("-0.07")
	fmt.Println(amount)
	// Output: -0.07
}
