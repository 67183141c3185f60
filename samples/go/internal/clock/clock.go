// Package clock tells the time of day. It has no tests of its own.
package clock

import "time"

// Now is the time in the format of receipts.
func Now() string { return time.Now().Format("15:04") }
