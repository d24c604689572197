// Package service keeps loomd as a service of its user: a systemd user unit or a
// launchd agent. It writes one file, asks the manager to load it, and takes back
// what it wrote and nothing else.
//
// The service is a convenience: without one, loom starts loomd detached when
// it is needed.
package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// mark stands in the head of each file that is ours to change and to remove.
const mark = "Written by loom service install; loom service uninstall removes it."

// Spec is what the service runs. All paths are absolute.
type Spec struct {
	Loomd       string
	Environment string // the file of the saved environment
	Log         string // where its stderr goes, if the manager keeps no journal
}

// Service is loomd as a service of this user. Of the zero value everything is
// refused with [*UnavailableError]: that is a system without a manager we know.
type Service struct {
	manager manager
}

// manager is a service manager. Errors of its command carry what that said.
type manager interface {
	name() string
	file() string // which describes the service
	text(Spec) []byte
	available(context.Context) error
	load(ctx context.Context, changed bool) error // take the file up, and start at login from now on
	unload(context.Context) error                 // stop, and forget the file
	forgotten(context.Context) error              // after the file is gone
	start(context.Context) error
	state(context.Context) (state, error)
}

// state is what a manager says of the service.
type state struct {
	file    string // that it took up; empty if none
	enabled bool
	running bool
	pid     int // 0 if it is not known
}

// Of returns the service of the user whose home directory is home.
func Of(home string) *Service {
	switch runtime.GOOS {
	case "linux":
		return &Service{manager: newSystemd(home, os.Getenv("XDG_CONFIG_HOME"), runCommand)}
	case "darwin":
		return &Service{manager: newLaunchd(home, os.Getuid(), runCommand)}
	}
	return &Service{}
}

// UnavailableError says why no service manager can be used.
type UnavailableError struct{ Reason string }

func (e *UnavailableError) Error() string { return "no service manager: " + e.Reason }

// ForeignError is a file in the place of ours that loom did not write.
type ForeignError struct{ File string }

func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s was not written by loom service install", e.File)
}

// Installed reports whether there is a service of ours. It runs no command.
func (s *Service) Installed() bool {
	if s.manager == nil {
		return false
	}
	_, ours, err := s.read()
	return err == nil && ours
}

// read returns the file, and whether it is ours. Without one the error is
// [fs.ErrNotExist].
func (s *Service) read() (text []byte, ours bool, err error) {
	text, err = os.ReadFile(s.manager.file())
	if err != nil {
		return nil, false, fmt.Errorf("reading the service's file: %w", err)
	}
	head := text[:min(len(text), 400)]
	return text, bytes.Contains(head, []byte(mark)), nil
}

// Install writes the service's file and makes it start at login. changed is
// false when all was so already.
func (s *Service) Install(ctx context.Context, spec Spec) (changed bool, err error) {
	if err := s.Available(ctx); err != nil {
		return false, err
	}
	file, text := s.manager.file(), s.manager.text(spec)
	before, ours, err := s.read()
	switch {
	case err == nil && !ours:
		return false, &ForeignError{File: file}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	was, err := s.manager.state(ctx)
	if err != nil {
		return false, err
	}
	changed = !bytes.Equal(before, text)
	if changed {
		if err := write(file, text); err != nil {
			return false, err
		}
	}
	if !changed && was.enabled && was.file == file {
		return false, nil
	}
	if err := s.manager.load(ctx, changed); err != nil {
		return false, err
	}
	now, err := s.manager.state(ctx)
	if err == nil && now.file != "" && now.file != file { // a HOME of its own, beside the manager's
		err = fmt.Errorf("%s has %s, and not %s", s.manager.name(), now.file, file)
	}
	return true, err
}

// write replaces the file in one step.
func write(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("writing the service's file: %w", err)
	}
	tmp := file + ".new"
	if err := os.WriteFile(tmp, text, 0o644); err != nil {
		return fmt.Errorf("writing the service's file: %w", err)
	}
	if err := os.Rename(tmp, file); err != nil {
		return fmt.Errorf("writing the service's file: %w", err)
	}
	return nil
}

// Uninstall stops the service and removes its file, if that is ours. removed is
// false when there was none.
func (s *Service) Uninstall(ctx context.Context) (removed bool, err error) {
	if s.manager == nil {
		return false, nil
	}
	_, ours, err := s.read()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !ours:
		return false, &ForeignError{File: s.manager.file()}
	}
	// A manager that cannot be asked runs nothing either: the file goes all the same.
	there := s.manager.available(ctx) == nil
	if there {
		if err := s.manager.unload(ctx); err != nil {
			return false, err
		}
	}
	if err := os.Remove(s.manager.file()); err != nil {
		return false, fmt.Errorf("removing the service's file: %w", err)
	}
	if there {
		err = s.manager.forgotten(ctx)
	}
	return true, err
}

// Start starts the service. Where the manager can tell, it returns when loomd
// serves.
func (s *Service) Start(ctx context.Context) error {
	if s.manager == nil {
		return &UnavailableError{Reason: "none on " + runtime.GOOS}
	}
	return s.manager.start(ctx)
}

// Available is nil, or an [*UnavailableError].
func (s *Service) Available(ctx context.Context) error {
	if s.manager == nil {
		return &UnavailableError{Reason: "none is known on " + runtime.GOOS}
	}
	if err := s.manager.available(ctx); err != nil {
		return &UnavailableError{Reason: err.Error()}
	}
	return nil
}

// Status is what can be said of the service.
type Status struct {
	Manager     string `json:"manager,omitempty"`
	Unavailable string `json:"unavailable,omitempty"` // why the manager cannot be used
	File        string `json:"file,omitempty"`        // whether it is there or not
	Installed   bool   `json:"installed"`
	Foreign     bool   `json:"foreign,omitempty"` // the file is there, and not ours
	Enabled     bool   `json:"enabled"`           // starts at login
	Running     bool   `json:"running"`           // as a service; a detached loomd may run all the same
	PID         int    `json:"pid,omitempty"`
}

// Status asks the manager. That there is none is no error.
func (s *Service) Status(ctx context.Context) (Status, error) {
	var out Status
	if s.manager != nil {
		out.Manager, out.File = s.manager.name(), s.manager.file()
		_, ours, err := s.read()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return out, err
		}
		out.Installed, out.Foreign = err == nil && ours, err == nil && !ours
	}
	var gone *UnavailableError
	if err := s.Available(ctx); errors.As(err, &gone) {
		out.Unavailable = gone.Reason
		return out, nil
	}
	now, err := s.manager.state(ctx)
	if err != nil {
		return out, err
	}
	if now.file == out.File {
		out.Enabled, out.Running, out.PID = now.enabled, now.running, now.pid
	}
	return out, nil
}
