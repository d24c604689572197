package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"

	"github.com/loom-core/loom/core/loomrpc"
)

// instanceVariable and stateVariable are in the environment of all that loomd starts.
const (
	instanceVariable = "LOOM_INSTANCE="
	stateVariable    = "LOOM_STATE="
)

// checkProcesses finds servers of a loomd that is gone: the next loomd ends them when
// it starts.
func checkProcesses(ctx context.Context, opts *DoctorOptions, say sayer) {
	running := ""
	if conn, err := opts.Dial(ctx); err == nil {
		var s loomrpc.Status
		if conn.Call(ctx, loomrpc.MethodStatus, nil, &s) == nil {
			running = strconv.Itoa(s.PID) + "-"
		}
	}
	dirs, err := opts.Dirs()
	if err != nil {
		return
	}
	sum := sha256.Sum256([]byte(dirs.State)) // as loomd marks those of its state directory
	state := hex.EncodeToString(sum[:8])
	ours, left := 0, 0
	environments, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is good
	for _, file := range environments {
		raw, err := os.ReadFile(file)
		if err != nil {
			continue // another user's, or ended meanwhile
		}
		for kv := range bytes.SplitSeq(raw, []byte{0}) {
			instance, ok := bytes.CutPrefix(kv, []byte(instanceVariable))
			if !ok {
				continue
			}
			if running != "" && bytes.HasPrefix(instance, []byte(running)) {
				ours++
			} else if bytes.Contains(append([]byte{0}, raw...), []byte("\x00"+stateVariable+state+"\x00")) {
				left++
				say(gradeWarn, "loom start", "process %s is left of a loomd that is gone", filepath.Base(filepath.Dir(file)))
			}
			break
		}
	}
	if left == 0 {
		say(gradeOK, "", "%s of servers, none left over", plural(ours, "process"))
	}
}
