// Package plaintext finds secrets that stand in a file as they are. It runs
// loom-scan, whose rules know vendors' tokens, and adds what only the name of a
// value tells: a password has no shape.
package plaintext

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Finding is a place in a text. It never holds the value.
type Finding struct {
	Line, Column int
	What         string
}

// limit bounds one run of loom-scan.
const limit = 30 * time.Second

// Scan looks for secrets with program, which is loom-scan. The text is on its stdin.
func Scan(ctx context.Context, program string, text []byte) ([]Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.Stdin = bytes.NewReader(text)
	cmd.WaitDelay = time.Second
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("running %s: %w: %s", program, err, strings.TrimSpace(errs.String()))
	}
	var leaks []struct {
		Line, Column int
		What         string
		Rule         string
	}
	if err := json.Unmarshal(out.Bytes(), &leaks); err != nil {
		return nil, fmt.Errorf("reading what %s says: %w", program, err)
	}
	var found []Finding
	for _, l := range leaks {
		found = append(found, Finding{l.Line, l.Column, l.Rule})
	}
	return found, nil
}
