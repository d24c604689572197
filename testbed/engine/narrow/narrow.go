// Package narrow takes out of the configuration of a container what a root without
// CAP_SYS_RESOURCE may not grant. A CI machine may be one; there runc refuses a
// privileged container, since it asks for all capabilities.
//
// It grants nothing: a container gets less than was asked for.
package narrow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// capability is the one, by its name and its bit.
const (
	capability    = "CAP_SYS_RESOURCE"
	capabilityBit = 24
)

// Missing reports whether /proc/self/status says that the capability cannot be
// had.
func Missing(status string) bool {
	for line := range strings.Lines(status) {
		if name, value, _ := strings.Cut(line, ":"); name == "CapBnd" {
			bits, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			return err == nil && bits&(1<<capabilityBit) == 0
		}
	}
	return false
}

// Apply rewrites the file that a call of runc with these arguments reads, if it
// reads one.
func Apply(args []string) error {
	path, whole := file(args)
	if path == "" {
		return nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil // runc says what it thinks of that
	}
	raw, err = rewrite(raw, whole)
	if err == nil {
		err = os.WriteFile(path, raw, 0o600)
	}
	if err != nil {
		return fmt.Errorf("narrowing %s: %w", path, err)
	}
	return nil
}

// file finds the configuration in the arguments of runc: of a whole container, or
// of a process in one.
func file(args []string) (path string, whole bool) {
	verb, bundle, process := "", ".", ""
	for i, arg := range args {
		name, value, joined := strings.Cut(arg, "=")
		if !joined && i+1 < len(args) {
			value = args[i+1]
		}
		switch {
		case verb == "" && slices.Contains([]string{"create", "run", "exec"}, arg):
			verb = arg
		case slices.Contains([]string{"--bundle", "-bundle", "-b"}, name):
			bundle = value
		case slices.Contains([]string{"--process", "-process", "-p"}, name):
			process = value
		}
	}
	switch verb {
	case "create", "run":
		return filepath.Join(bundle, "config.json"), true
	case "exec":
		return process, false
	}
	return "", false
}

// rewrite takes the capability, a negative OOM score and raised limits out.
func rewrite(raw []byte, whole bool) ([]byte, error) {
	var config map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&config); err != nil {
		return nil, err
	}
	process := config
	if whole {
		process, _ = config["process"].(map[string]any)
	}
	if process == nil {
		return raw, nil
	}
	sets, _ := process["capabilities"].(map[string]any)
	for name, set := range sets {
		if list, ok := set.([]any); ok {
			sets[name] = slices.DeleteFunc(list, func(c any) bool { return c == capability })
		}
	}
	if score, ok := process["oomScoreAdj"].(json.Number); ok && strings.HasPrefix(score.String(), "-") {
		process["oomScoreAdj"] = 0
	}
	delete(process, "rlimits")
	return json.Marshal(config)
}
