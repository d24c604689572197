package keyringtest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/loom-core/loom/core/keyring"
)

// Run is the fake: one request on stdin, one reply on stdout. The result is for
// os.Exit.
func Run() int {
	path := os.Getenv(variable)
	if path == "" {
		path = filepath.Join(os.Getenv("HOME"), "keyring.json")
	}
	raw, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var req keyring.Request
	if err := json.Unmarshal(raw, &req); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := note(path+".calls", req); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var reply keyring.Reply
	hangs, breaks := false, false
	err = update(path, func(w *World) error {
		if req.Op == keyring.OpProbe {
			reply.Probes = w.probes()
			return nil
		}
		backend := req.Backend
		if backend == "" {
			backend = w.automatic()
		}
		state := w.state(backend)
		hangs, breaks = state == Hangs, state == Breaks
		if hangs || breaks {
			return nil
		}
		reply = w.do(backend, state, req)
		return nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if hangs {
		time.Sleep(time.Minute) // somebody kills it; if not, it does not stay for good
	}
	if breaks {
		fmt.Fprintln(os.Stderr, "the fake breaks")
		return 2
	}
	if err := json.NewEncoder(os.Stdout).Encode(reply); err != nil {
		return 1
	}
	return 0
}

func (w *World) state(backend keyring.Backend) State {
	if state := w.States[backend]; state != "" {
		return state
	}
	if backend == keyring.File && w.Passphrase != "" {
		return Works
	}
	return Absent
}

// automatic is the first that is there, locked or not.
func (w *World) automatic() keyring.Backend {
	for _, backend := range keyring.Known {
		if backend != keyring.KeyCtl && w.state(backend) != Absent && (backend != keyring.File || w.Passphrase != "") {
			return backend
		}
	}
	return ""
}

func (w *World) probes() (probes []keyring.Probe) {
	for _, backend := range keyring.Known {
		p := keyring.Probe{Backend: backend, Available: w.state(backend) != Absent, Locked: w.state(backend) == Locked, Automatic: backend == w.automatic()}
		if backend == keyring.File {
			p.Available = w.Passphrase != ""
			p.Locked = p.Available
		}
		if !p.Available {
			p.Why = "the fake has none"
		}
		probes = append(probes, p)
	}
	return probes
}

func (w *World) do(backend keyring.Backend, state State, req keyring.Request) keyring.Reply {
	failed := func(code keyring.Code, message string) keyring.Reply {
		return keyring.Reply{Error: &keyring.WireError{Code: code, Backend: backend, Message: message}}
	}
	values := w.Values[backend]
	switch {
	case backend == "":
		return failed(keyring.CodeNoBackend, "there is no keyring here")
	case state == Locked:
		return failed(keyring.CodeLocked, "it is locked")
	case req.Op == keyring.OpUnlock && w.Passphrase == "" && req.Create:
		w.Passphrase = req.Passphrase
	case backend == keyring.File && w.Passphrase == "":
		return failed(keyring.CodeLocked, "it is not set up")
	case state == Absent:
		return failed(keyring.CodeUnavailable, "the fake has none")
	case backend == keyring.File && req.Passphrase != "" && req.Passphrase != w.Passphrase:
		return failed(keyring.CodePassphrase, "the passphrase is wrong")
	}
	reply := keyring.Reply{Backend: backend}
	needs := backend == keyring.File && req.Passphrase == ""
	switch req.Op {
	case keyring.OpGet:
		reply.Values = map[string][]byte{}
		for _, name := range req.Names {
			if text, ok := values[name]; ok {
				if needs {
					return failed(keyring.CodeLocked, "its passphrase is not known")
				}
				reply.Values[name] = decode(text)
			}
		}
	case keyring.OpSet:
		switch {
		case needs:
			return failed(keyring.CodeLocked, "its passphrase is not known")
		case state == Full:
			return failed(keyring.CodeFull, "no space left on device")
		case values == nil:
			values = map[string]string{}
			w.Values[backend] = values
		}
		values[req.Names[0]] = encode(req.Value)
	case keyring.OpDelete:
		for _, name := range req.Names {
			if _, ok := values[name]; ok {
				reply.Names = append(reply.Names, name)
				delete(values, name)
			}
		}
	case keyring.OpList:
		reply.Names = slices.Sorted(maps.Keys(values))
	}
	return reply
}

// update changes the file of the fake; other processes wait.
func update(path string, change func(*World) error) error {
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	w, err := read(path)
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	if err := change(&w); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(w, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", raw, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// note adds a line, without the value.
func note(path string, req keyring.Request) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	backend := string(req.Backend)
	if backend == "" {
		backend = "auto"
	}
	_, err = fmt.Fprintln(f, strings.Join(append([]string{string(req.Op), backend}, req.Names...), " "))
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// What is no text is in the file in base64, behind this.
const binary = "base64:"

func encode(value []byte) string {
	if utf8.Valid(value) && !bytes.HasPrefix(value, []byte(binary)) {
		return string(value)
	}
	return binary + base64.StdEncoding.EncodeToString(value)
}

func decode(text string) []byte {
	if coded, ok := strings.CutPrefix(text, binary); ok {
		if value, err := base64.StdEncoding.DecodeString(coded); err == nil {
			return value
		}
	}
	return []byte(text)
}
