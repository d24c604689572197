//go:build !linux

package prelude

// hide has only the limit on core dumps to rely on.
func hide() {}
