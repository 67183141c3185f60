// Package bad does not compile.
package bad

func Two() int { return "two" }
