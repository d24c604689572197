package cli

import (
	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/loomrpc"
)

// keyringCell says in a word or two how loomd stands with the keyring.
func keyringCell(s loomrpc.KeyringStatus) cell {
	name := s.Backend
	if name == "" {
		name = "the keyring"
	}
	switch {
	case s.Locked && s.Backend == string(keyring.File):
		return cell{"the encrypted file is locked: run loom unlock", warn}
	case s.Locked:
		return cell{name + " is locked: unlock it as you do at login, then call again", warn}
	case s.Error != "":
		return cell{oneLine(s.Error), warn}
	case s.Backend == "":
		return cell{text: "automatic, holds no secret"}
	}
	return cell{text: name}
}
