package service

import (
	"context"
	"encoding/xml"
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const label = "dev.loom.loomd"

// launchd is the manager of macOS, asked with launchctl.
type launchd struct {
	path   string
	domain string // of the user's session at the screen
	run    run
}

func newLaunchd(home string, uid int, run run) *launchd {
	return &launchd{path: filepath.Join(home, "Library", "LaunchAgents", label+".plist"), domain: "gui/" + strconv.Itoa(uid), run: run}
}

func (l *launchd) name() string   { return "launchd" }
func (l *launchd) file() string   { return l.path }
func (l *launchd) target() string { return l.domain + "/" + label }

func (l *launchd) text(spec Spec) []byte {
	return plistText(mark, spec)
}

// plistText is the agent with a comment in its head. It is started at login and
// when a client needs it. It is not kept alive: launchd would start it every ten
// seconds while a loomd that was started otherwise serves.
func plistText(head string, spec Spec) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>
<!-- ` + head + ` -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>` + label + `</string>
	<key>ProgramArguments</key>
	<array>
		<string>` + xmlText(spec.Loomd) + `</string>
		<string>--environment</string>
		<string>` + xmlText(spec.Environment) + `</string>
	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>ExitTimeOut</key>
	<integer>60</integer>
	<key>StandardOutPath</key>
	<string>` + xmlText(spec.Log) + `</string>
	<key>StandardErrorPath</key>
	<string>` + xmlText(spec.Log) + `</string>
</dict>
</plist>
`)
}

func xmlText(text string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

func (l *launchd) launchctl(ctx context.Context, args ...string) (string, error) {
	return l.run(ctx, nil, "launchctl", args...)
}

func (l *launchd) available(ctx context.Context) error {
	_, err := l.launchctl(ctx, "print", l.domain)
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("this system has no launchctl")
	}
	return err
}

func (l *launchd) load(ctx context.Context, changed bool) error {
	now, err := l.state(ctx)
	if err != nil {
		return err
	}
	if now.enabled && changed { // launchd reads a file only once
		if err := l.unload(ctx); err != nil {
			return err
		}
	}
	if _, err := l.launchctl(ctx, "enable", l.target()); err != nil {
		return err
	}
	_, err = l.launchctl(ctx, "bootstrap", l.domain, l.path)
	return err
}

func (l *launchd) unload(ctx context.Context) error {
	if now, err := l.state(ctx); err != nil || !now.enabled {
		return err
	}
	_, err := l.launchctl(ctx, "bootout", l.target())
	return err
}

func (l *launchd) forgotten(context.Context) error { return nil }

func (l *launchd) start(ctx context.Context) error {
	_, err := l.launchctl(ctx, "kickstart", l.target())
	return err
}

// state reads launchctl print, which fails for what is not loaded. The format is
// for people; what is missing in it is not known.
func (l *launchd) state(ctx context.Context) (state, error) {
	text, err := l.launchctl(ctx, "print", l.target())
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return state{}, nil
	}
	if err != nil {
		return state{}, err
	}
	out := state{enabled: true, file: l.path}
	for line := range strings.Lines(text) {
		switch name, value, _ := strings.Cut(strings.TrimSpace(line), " = "); name {
		case "path":
			out.file = value
		case "state":
			out.running = value == "running"
		case "pid":
			out.pid, _ = strconv.Atoi(value)
		}
	}
	return out, nil
}
