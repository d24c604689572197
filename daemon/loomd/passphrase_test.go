package loomd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loom-core/loom/core/secret"
)

// pipe returns the reading end of a pipe that holds text.
func pipe(t *testing.T, text string) int {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString(text); err != nil {
		t.Fatal(err)
	}
	w.Close()
	fd, err := syscall.Dup(int(r.Fd())) // passphrase closes it
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func TestPassphrase(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	check := func(what string, fd int, upgraded bool, want string) {
		t.Helper()
		got, err := passphrase(fd, upgraded)
		if err != nil || got.Reveal() != want {
			t.Errorf("%s: %q, %v, want %q", what, got.Reveal(), err, want)
		}
	}
	check("nothing", -1, false, "")
	check("a descriptor", pipe(t, "open sesame\r\n"), false, "open sesame")
	check("blanks are part of it", pipe(t, " open \n\n"), false, " open \n")
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	check("no credential", -1, false, "")
	if err := os.WriteFile(filepath.Join(dir, credential), []byte("of systemd\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check("a credential", -1, false, "of systemd")
	check("the descriptor was named", pipe(t, "of the descriptor"), false, "of the descriptor")
	for what, fd := range map[string]int{"nothing in it": pipe(t, "\n"), "too long": pipe(t, strings.Repeat("x", maxPassphrase+1)), "not open": 1 << 19} {
		if got, err := passphrase(fd, false); err == nil || strings.Contains(err.Error(), "xxx") {
			t.Errorf("%s: %q, %v", what, got.Reveal(), err)
		}
	}
}

func TestPassphraseOverUpgrade(t *testing.T) {
	for _, want := range []string{"", "open sesame", strings.Repeat("x", maxPassphrase)} {
		variable, cancel, err := passOn(secret.NewValue(want))
		if err != nil {
			t.Fatal(err)
		}
		name, value, _ := strings.Cut(variable, "=")
		if name != passVariable || want != "" && strings.Contains(variable, want) {
			t.Errorf("the variable is %.100s", variable)
		}
		if want != "" {
			var fd, pid int
			fmt.Sscanf(value, "%d:%d", &pid, &fd)
			if flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0); errno != 0 || flags&syscall.FD_CLOEXEC != 0 {
				t.Errorf("descriptor %d does not outlive execve: flags %d, %v", fd, flags, errno)
			}
			// As the next image has it: without the file that this one holds.
			copied, err := syscall.Dup(fd)
			if err != nil {
				t.Fatal(err)
			}
			value = fmt.Sprintf("%d:%d", pid, copied)
		}
		t.Setenv(passVariable, value)
		got, err := passphrase(77, true) // the descriptor of the arguments is closed by now
		if err != nil || got.Reveal() != want {
			t.Errorf("%d bytes: %q, %v", len(want), got.Reveal(), err)
		}
		if _, still := os.LookupEnv(passVariable); still {
			t.Error("the variable is still there, for children to see")
		}
		cancel()
	}
	t.Setenv(passVariable, "1:5")
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	for _, upgraded := range []bool{true, false} { // of another process
		if got, err := passphrase(-1, upgraded); err != nil || got.Reveal() != "" {
			t.Errorf("of another process: %q, %v", got.Reveal(), err)
		}
	}
}

func TestNoCore(t *testing.T) {
	var before, after syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &before); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_CORE, &before)
	if err := noCore(); err != nil {
		t.Fatal(err)
	}
	if syscall.Getrlimit(syscall.RLIMIT_CORE, &after); after.Cur != 0 || after.Max != before.Max {
		t.Errorf("the limit is %+v, was %+v", after, before)
	}
}
