package loomd

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/loom-core/loom/core/secret"
)

// A passphrase for the encrypted file of secrets reaches loomd in no argument
// and no variable: over a descriptor, as a credential of systemd, by loom unlock,
// and at an upgrade through a pipe from the image before.

// credential is the file in $CREDENTIALS_DIRECTORY, see systemd.exec(5).
const credential = "loom-passphrase"

// passVariable names the descriptor that the image before left us, and whose it
// is. In any other process it says nothing.
const passVariable = "LOOM_HANDOVER_PASSPHRASE"

// maxPassphrase bounds it; a pipe holds that much without a reader.
const maxPassphrase = 4096

// passphrase finds the one that loomd is started with, empty if there is none.
// fd is negative if none was named. Over an upgrade the image before counts: its
// arguments are ours, but the descriptor that they name is closed.
func passphrase(fd int, upgraded bool) (secret.Value, error) {
	given := os.Getenv(passVariable)
	os.Unsetenv(passVariable)
	if upgraded {
		pid, left, _ := strings.Cut(given, ":")
		n, err := strconv.Atoi(left)
		if err != nil || pid != strconv.Itoa(os.Getpid()) {
			return secret.Value{}, nil
		}
		return readPassphrase(n, "taking over the passphrase")
	}
	if fd >= 0 {
		return readPassphrase(fd, "--passphrase-fd "+strconv.Itoa(fd))
	}
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return secret.Value{}, nil
	}
	f, err := os.Open(filepath.Join(dir, credential))
	if os.IsNotExist(err) {
		return secret.Value{}, nil
	}
	if err != nil {
		return secret.Value{}, fmt.Errorf("reading the credential %s: %w", credential, err)
	}
	return read(f, "reading the credential "+credential)
}

func readPassphrase(fd int, what string) (secret.Value, error) {
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return secret.Value{}, fmt.Errorf("%s: %w", what, err)
	}
	return read(os.NewFile(uintptr(fd), "passphrase"), what)
}

// read reads a passphrase to its end, and closes f. The line end that editors
// and echo write is not part of it.
func read(f *os.File, what string) (secret.Value, error) {
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxPassphrase+1))
	raw = bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte("\n")), []byte("\r"))
	switch {
	case err != nil:
		return secret.Value{}, fmt.Errorf("%s: %w", what, err)
	case len(raw) == 0:
		return secret.Value{}, fmt.Errorf("%s: there is nothing in it", what)
	case len(raw) > maxPassphrase:
		return secret.Value{}, fmt.Errorf("%s: it has more than %d bytes", what, maxPassphrase)
	}
	return secret.NewValue(string(raw)), nil
}

// passOn puts a passphrase where the next image of this very process finds it. It
// returns the variable that says where; cancel takes it back.
func passOn(value secret.Value) (variable string, cancel func(), err error) {
	if value.Reveal() == "" {
		return passVariable + "=", func() {}, nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return "", nil, fmt.Errorf("handing over the passphrase: %w", err)
	}
	_, err = w.WriteString(value.Reveal())
	w.Close()
	if err == nil {
		fd := int(r.Fd()) // it blocks from here on, which is how the next image reads it
		if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_SETFD, 0); errno != 0 {
			err = errno
		}
	}
	if err != nil {
		r.Close()
		return "", nil, fmt.Errorf("handing over the passphrase: %w", err)
	}
	return fmt.Sprintf("%s=%d:%d", passVariable, os.Getpid(), r.Fd()), func() { r.Close() }, nil
}
