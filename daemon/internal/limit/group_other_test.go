//go:build !linux

package limit

func limiter() {}
