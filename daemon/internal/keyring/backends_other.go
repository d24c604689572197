//go:build !linux

package keyring

import (
	core "github.com/loom-core/loom/core/keyring"
)

var backends = map[core.Backend]backend{
	core.Keychain: keychain,
	core.Pass:     pass,
	core.File:     file,
}

// busCode: there is no bus here.
func busCode(error) core.Code { return "" }
