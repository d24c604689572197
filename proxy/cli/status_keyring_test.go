package cli

import (
	"testing"

	"github.com/loom-core/loom/core/loomrpc"
)

func TestKeyringCell(t *testing.T) {
	for _, tc := range []struct {
		in   loomrpc.KeyringStatus
		want cell
	}{
		{loomrpc.KeyringStatus{}, cell{text: "automatic, holds no secret"}},
		{loomrpc.KeyringStatus{Backend: "pass"}, cell{text: "pass"}},
		{loomrpc.KeyringStatus{Backend: "file", Locked: true, Error: "x"}, cell{"the encrypted file is locked: run loom unlock", warn}},
		{loomrpc.KeyringStatus{Locked: true}, cell{"the keyring is locked: unlock it as you do at login, then call again", warn}},
		{loomrpc.KeyringStatus{Error: "it\nsaid no"}, cell{"it said no", warn}},
	} {
		if got := keyringCell(tc.in); got != tc.want {
			t.Errorf("keyringCell(%+v) = %+v, want %+v", tc.in, got, tc.want)
		}
	}
}
