//go:build !linux

package engine

import (
	"context"
	"errors"
)

// Enter has nothing to do: no engine starts here.
func Enter() {}

// Start says that no engine of ours runs on this system.
func (e Engine) Start(context.Context, func(string)) error {
	return errors.New("the testbed's engine needs Linux: use one that is there (DOCKER_HOST), or LOOM_TESTBED=local")
}

// Stop has nothing to do.
func (e Engine) Stop(context.Context) error { return nil }
