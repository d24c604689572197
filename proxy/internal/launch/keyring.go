package launch

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// KeyringProgram is the program that speaks to keyrings.
const KeyringProgram = "loom-keyring"

// FindKeyring returns the path of [KeyringProgram]: the one beside our own
// executable, else the one on PATH. The error is a [*KeyringError].
func FindKeyring() (string, error) {
	var looked []string
	for _, self := range selves() {
		place := filepath.Join(filepath.Dir(self), KeyringProgram)
		if IsProgram(place) {
			return place, nil
		}
		looked = append(looked, place)
	}
	if path, err := exec.LookPath(KeyringProgram); err == nil { // an error also for one in the working directory
		return filepath.Abs(path)
	}
	return "", &KeyringError{Looked: append(looked, "PATH="+os.Getenv("PATH"))}
}

// KeyringError is a [KeyringProgram] that is not installed.
type KeyringError struct{ Looked []string }

func (e *KeyringError) Error() string {
	return fmt.Sprintf("%s is not installed; looked for %s", KeyringProgram, strings.Join(e.Looked, ", "))
}
