package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/proxy/internal/plaintext"
)

// report is what the doctor found and what loomd says, for somebody else to read:
// the order of the sections never changes.
func (opts *DoctorOptions) report(ctx context.Context, all []diagnosis, now time.Time) string {
	var b strings.Builder
	section := func(title string) { fmt.Fprintf(&b, "\n== %s\n", title) }
	fmt.Fprintf(&b, "loom doctor, %s\n", now.UTC().Format(time.RFC3339))
	section("system")
	fmt.Fprintf(&b, "%s/%s, loom %s\n", runtime.GOOS, runtime.GOARCH, opts.Version)
	section("checks")
	for _, d := range all {
		fmt.Fprintf(&b, "%-4s %-11s %s\n", d.Grade, d.Check, d.What)
	}
	section("registry")
	if sources, err := opts.sources(); err == nil {
		if data, err := os.ReadFile(sources.Path()); err == nil {
			b.Write(data)
		} else {
			fmt.Fprintln(&b, err)
		}
	}
	section("servers")
	if conn, err := opts.Dial(ctx); err == nil {
		var s loomrpc.Status
		if conn.Call(ctx, loomrpc.MethodStatus, nil, &s) == nil {
			for _, server := range s.Servers {
				fmt.Fprintf(&b, "%s enabled=%v known=%v tools=%d processes=%d %s\n", cmp.Or(server.ID, server.Name), server.Enabled, server.Known, server.Tools, len(server.Instances), oneLine(server.LastError))
			}
		}
		section("loomd's log")
		var logs loomrpc.LogsReply
		if conn.Call(ctx, loomrpc.MethodLogs, loomrpc.LogsQuery{Server: "loomd"}, &logs) == nil {
			for _, l := range logs.Lines[max(0, len(logs.Lines)-100):] {
				fmt.Fprintln(&b, l.Time.UTC().Format(time.RFC3339), l.Text)
			}
		}
	}
	return opts.redacted(ctx, b.String())
}

// redacted is a text without who and where its user is, and without secrets: those
// in the environment of loomd, and what looks like one. A line with such a thing
// loses its whole value.
func (opts *DoctorOptions) redacted(ctx context.Context, text string) string {
	const gone = "[redacted]"
	for _, kv := range opts.Env {
		name, value, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, secretPrefix) && len(value) >= 4 {
			text = strings.ReplaceAll(text, value, gone)
		}
	}
	lines := strings.Split(text, "\n")
	if program, err := opts.Scan(); err == nil {
		if found, err := plaintext.Scan(ctx, program, []byte(text)); err == nil {
			for _, f := range found {
				if i := f.Line - 1; i < len(lines) {
					lines[i] = hideValue(lines[i], gone)
				}
			}
		}
	}
	for i, line := range lines {
		if plainPair.MatchString(line) && !strings.Contains(line, "${") {
			lines[i] = hideValue(line, gone)
		}
	}
	text = strings.Join(lines, "\n")
	if host, err := os.Hostname(); err == nil && len(host) > 2 {
		text = strings.ReplaceAll(text, host, "HOST")
	}
	if home, err := os.UserHomeDir(); err == nil && home != "/" {
		text = strings.ReplaceAll(text, home, "~")
	}
	if user := os.Getenv("USER"); len(user) > 2 && user != "root" {
		text = strings.ReplaceAll(text, user, "USER")
	}
	return text
}

// plainPair is a line with a value whose name is that of a secret.
var plainPair = regexp.MustCompile(`(?i)^\s*["']?[\w-]*(token|secret|passw|api_?key|credential|authorization)[\w-]*["']?\s*[:=]\s*\S`)

// hideValue takes out what comes after the first colon or equals sign, of a line
// without one all.
func hideValue(line, gone string) string {
	if i := strings.IndexAny(line, ":="); i >= 0 {
		return line[:i+1] + " " + gone
	}
	return gone
}
