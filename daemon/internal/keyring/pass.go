package keyring

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	library "github.com/99designs/keyring"

	core "github.com/loom-core/loom/core/keyring"
)

var pass = backend{
	look: func(context.Context, core.Request) state {
		for _, program := range []string{"pass", "gpg"} {
			if _, err := exec.LookPath(program); err != nil {
				return state{why: program + " is not on PATH"}
			}
		}
		dir, err := passDir()
		if err != nil {
			return state{why: err.Error()}
		}
		// Without it pass could encrypt for nobody.
		for _, at := range []string{filepath.Join(dir, service), dir} {
			if _, err := os.Stat(filepath.Join(at, ".gpg-id")); err == nil {
				return state{available: true}
			}
		}
		return state{why: "there is no password store in " + dir + ": pass init YOUR-KEY makes one"}
	},
	open: func(core.Request) (ring, error) {
		dir, err := passDir()
		if err != nil {
			return nil, err
		}
		lib, err := open(core.Pass, library.Config{PassDir: dir, PassPrefix: service})
		if err != nil {
			return nil, err
		}
		return passRing{shelf{lib, ""}, dir}, nil
	},
}

func passDir() (string, error) {
	if dir := os.Getenv("PASSWORD_STORE_DIR"); dir != "" {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".password-store"), nil
}

// passRing hears what gpg says, and replaces a value at once or not at all.
type passRing struct {
	shelf
	dir string
}

func (r passRing) get(name string) (value []byte, err error) {
	err = r.heard(func() error {
		value, err = r.shelf.get(name)
		return err
	})
	return value, err
}

// set writes beside and renames: gpg removes the file that it fails to write,
// and with it the value before. No secret can have the name of the new file.
func (r passRing) set(name string, value []byte) error {
	beside := ".new-" + name
	return r.heard(func() error {
		if err := r.shelf.set(beside, value); err != nil {
			_ = os.Remove(filepath.Join(r.dir, service, beside+".gpg"))
			return err
		}
		mv := exec.Command("pass", "mv", "-f", filepath.Join(service, beside), filepath.Join(service, name))
		mv.Env = append(os.Environ(), "PASSWORD_STORE_DIR="+r.dir)
		mv.Stderr = os.Stderr
		return mv.Run()
	})
}

func (r passRing) remove(name string) error {
	return r.heard(func() error { return r.shelf.remove(name) })
}

// heard runs do, and if that fails looks into what pass and gpg said meanwhile:
// the library has nothing but their exit status. They never say a value there.
func (r passRing) heard(do func() error) error {
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	said := make(chan []byte, 1)
	go func() { // ends when the pipe is closed, here and in what was started
		text, _ := io.ReadAll(io.LimitReader(out, 4<<10))
		said <- text
		_, _ = io.Copy(io.Discard, out)
		out.Close()
	}()
	stderr := os.Stderr
	os.Stderr = in // the library gives it to pass
	err = do()
	os.Stderr = stderr
	in.Close()
	if err == nil || err == errAbsent {
		return err
	}
	text := <-said
	message := strings.TrimSpace(string(bytes.ToValidUTF8(text, []byte("?"))))
	f := fail(core.CodeFailed, "%v: %s", err, message)
	for part, code := range map[string]core.Code{
		"No space left on device": core.CodeFull,
		"Disk quota exceeded":     core.CodeFull,
		"No pinentry":             core.CodeLocked,
		"Inappropriate ioctl":     core.CodeLocked, // pinentry without a terminal
		"Operation cancelled":     core.CodeLocked,
		"Bad passphrase":          core.CodeLocked,
		"pinentry":                core.CodeLocked,
		"No public key":           core.CodeUnavailable,
	} {
		if strings.Contains(message, part) {
			f.Code = code
		}
	}
	if strings.Contains(message, "No secret key") { // which it also says when nobody can be asked for the passphrase
		f.Code = core.CodeUnavailable
		if r.hasKey() {
			f.Code = core.CodeLocked
		}
	}
	return f
}

// hasKey reports whether gpg has a key that the store is encrypted for.
func (r passRing) hasKey() bool {
	for _, dir := range []string{filepath.Join(r.dir, service), r.dir} {
		ids, err := os.ReadFile(filepath.Join(dir, ".gpg-id"))
		if err != nil {
			continue
		}
		for id := range strings.Lines(string(ids)) {
			if id = strings.TrimSpace(id); id != "" && exec.Command("gpg", "--batch", "--list-secret-keys", "--", id).Run() == nil {
				return true
			}
		}
		return false
	}
	return false
}
