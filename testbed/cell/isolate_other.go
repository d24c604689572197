//go:build !linux

package cell

import "errors"

func isolate(setup) error { return errors.New("an isolated cell needs Linux") }

func release(map[string]string) {}
