// Package money counts in cents.
package money

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Amount is a sum in cents.
type Amount int64

// ErrFormat says that a text is no amount.
var ErrFormat = errors.New("not an amount")

// Parse reads "12.50", "-3" or "0.05".
func Parse(text string) (Amount, error) {
	negative := strings.HasPrefix(text, "-")
	whole, cents, dotted := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if dotted && len(cents) != 2 {
		return 0, fmt.Errorf("%w: %q", ErrFormat, text)
	}
	value, err := strconv.ParseUint(whole+cents, 10, 62)
	if err != nil {
		return 0, fmt.Errorf("%w: %q", ErrFormat, text)
	}
	if !dotted {
		value *= 100
	}
	if negative {
		return -Amount(value), nil
	}
	return Amount(value), nil
}

func (a Amount) String() string {
	sign := ""
	if a < 0 {
		sign, a = "-", -a
	}
	return fmt.Sprintf("%s%d.%02d", sign, a/100, a%100)
}

// Split divides a sum into n parts that differ by a cent at most and add up to it.
func (a Amount) Split(n int) []Amount {
	if n <= 0 {
		return nil
	}
	parts := make([]Amount, n)
	rest := a
	for i := range parts {
		parts[i] = rest / Amount(n-i)
		rest -= parts[i]
	}
	return parts
}
