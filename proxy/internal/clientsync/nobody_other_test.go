//go:build !linux

package clientsync

import (
	"os"
	"testing"
)

// asNobody needs a user for whom modes count.
func asNobody(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		t.Skip("root may write into any folder; run the tests as another user")
	}
}
