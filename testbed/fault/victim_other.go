//go:build !linux

package fault

import (
	"os/exec"
	"strconv"
	"strings"
)

// look is when a process began, to the second, and its state. A zombie has
// ended.
func look(pid int) (began string, state byte, ok bool) {
	text, err := exec.Command("ps", "-o", "state=,lstart=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return "", 0, false // ps has found none
	}
	letters, began, ok := strings.Cut(strings.TrimSpace(string(text)), " ")
	if !ok || letters[0] == 'Z' {
		return "", 0, false
	}
	return strings.TrimSpace(began), letters[0], true
}
