// Package good compiles.
package good

// One is one.
func One() int { return 1 }
