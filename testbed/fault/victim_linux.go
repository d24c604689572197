package fault

import (
	"bytes"
	"fmt"
	"os"
)

// look is when a process began, in ticks since the machine did, and its state.
// A zombie has ended.
func look(pid int) (began string, state byte, ok bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0, false
	}
	rest := stat[bytes.LastIndexByte(stat, ')')+1:] // a name may hold anything
	fields := bytes.Fields(rest)
	if len(fields) < 20 || fields[0][0] == 'Z' || fields[0][0] == 'X' {
		return "", 0, false
	}
	return string(fields[19]), fields[0][0], true
}
