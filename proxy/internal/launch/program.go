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

// ScanProgram is the program that looks for secrets in texts.
const ScanProgram = "loom-scan"

// FindKeyring returns the path of [KeyringProgram]. The error is a [*ProgramError].
func FindKeyring() (string, error) { return findProgram(KeyringProgram) }

// FindScan returns the path of [ScanProgram]. The error is a [*ProgramError].
func FindScan() (string, error) { return findProgram(ScanProgram) }

// findProgram looks beside our own executable, and then on PATH.
func findProgram(name string) (string, error) {
	var looked []string
	for _, self := range selves() {
		place := filepath.Join(filepath.Dir(self), name)
		if IsProgram(place) {
			return place, nil
		}
		looked = append(looked, place)
	}
	if path, err := exec.LookPath(name); err == nil { // an error also for one in the working directory
		return filepath.Abs(path)
	}
	return "", &ProgramError{Name: name, Looked: append(looked, "PATH="+os.Getenv("PATH"))}
}

// ProgramError is a program of Loom's that is not installed.
type ProgramError struct {
	Name   string
	Looked []string
}

func (e *ProgramError) Error() string {
	return fmt.Sprintf("%s is not installed; looked for %s", e.Name, strings.Join(e.Looked, ", "))
}
