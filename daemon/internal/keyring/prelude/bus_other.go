//go:build !linux

package prelude

// Restore has nothing to give back: without D-Bus nothing was taken.
func Restore() {}

func init() {
	harden()
	watchParent()
}
