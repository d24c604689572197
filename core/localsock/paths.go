// Package localsock knows where loomd's socket and files are, and opens the
// socket from either side: only for the same user, and only once.
//
// Every process of Loom imports it. It knows nothing of what is spoken there.
package localsock

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// maxSocketPath is what fits into sun_path on every system that we build for
// (104 bytes on macOS, 108 on Linux), with some room.
const maxSocketPath = 100

// Dirs are the folders of one user. A scratch HOME (and XDG_*) is a complete
// sandbox: nothing of ours is written elsewhere, except the socket.
type Dirs struct {
	Config string // registry.yaml
	State  string // catalog, logs, saved environment, locks
	Cache  string

	// Machine is the administrator's folder, which no variable moves: a policy
	// that a user could point elsewhere would be none. Empty: there is none.
	Machine string
	// MachineOwner is whose it must be; 0 is root.
	MachineOwner int
}

// UserDirs reads HOME and XDG_* from the environment.
func UserDirs() (Dirs, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return Dirs{}, fmt.Errorf("finding the home directory: %w", err)
	}
	dir := func(variable, fallback string) string {
		if d := os.Getenv(variable); filepath.IsAbs(d) {
			return filepath.Join(d, "loom")
		}
		return filepath.Join(home, fallback, "loom")
	}
	return Dirs{
		Config: dir("XDG_CONFIG_HOME", ".config"),
		State:  dir("XDG_STATE_HOME", ".local/state"),
		Cache:  dir("XDG_CACHE_HOME", ".cache"),

		Machine: machine, MachineOwner: machineOwner,
	}, nil
}

var machine, machineOwner = machineDir(), 0

func machineDir() string {
	if runtime.GOOS == "darwin" {
		return "/Library/Application Support/loom"
	}
	return "/etc/loom"
}

// MachineForTest puts dir, of this user, in place of the machine's folder. Test
// binaries call it before they are loom or loomd, with a folder beside HOME; no
// program that is installed does, and no variable has this effect.
func MachineForTest(dir string) { machine, machineOwner = dir, os.Getuid() }

// RegistryFile is the user's own registry.
func (d Dirs) RegistryFile() string { return filepath.Join(d.Config, "registry.yaml") }

// Dropins is the folder of more files of the user's registry.
func (d Dirs) Dropins() string { return filepath.Join(d.Config, "registry.d") }

// MachineRegistry is the folder of the machine's registry, empty if there is none.
func (d Dirs) MachineRegistry() string { return d.ofMachine("registry.d") }

// Policy is the machine's policy, empty if there is none.
func (d Dirs) Policy() string { return d.ofMachine("policy.yaml") }

func (d Dirs) ofMachine(name string) string {
	if d.Machine == "" {
		return ""
	}
	return filepath.Join(d.Machine, name)
}

// DaemonLog is where a detached loomd writes.
func (d Dirs) DaemonLog() string { return filepath.Join(d.State, "loomd.log") }

// SavedEnvironment is the environment that loomd is started with.
func (d Dirs) SavedEnvironment() string { return filepath.Join(d.State, "environment.json") }

// address is the file in which a running loomd names its socket: a client may
// hide XDG_RUNTIME_DIR from its servers, so the default alone is not enough.
func (d Dirs) address() string { return filepath.Join(d.State, "socket") }

// Resolve returns the socket to use: explicit (a flag or LOOM_SOCKET) if it is
// not empty, else the one that a loomd of this user wrote down, else the default.
func (d Dirs) Resolve(explicit string) (string, error) {
	if explicit == "" {
		explicit = os.Getenv("LOOM_SOCKET")
	}
	if explicit != "" {
		abs, err := filepath.Abs(explicit)
		if err != nil {
			return "", fmt.Errorf("resolving socket %s: %w", explicit, err)
		}
		return fit(abs)
	}
	if path := d.Announced(); path != "" {
		return path, nil
	}
	return d.DefaultSocket()
}

// Announced is the socket that the last loomd of this user wrote down, or
// empty after one that ended in order. Nobody may listen there any more.
func (d Dirs) Announced() string {
	b, err := os.ReadFile(d.address())
	if path := strings.TrimSpace(string(b)); err == nil && filepath.IsAbs(path) {
		return path
	}
	return ""
}

// DefaultSocket is where loomd listens when nobody says otherwise:
// $XDG_RUNTIME_DIR/loom, /run/user/<uid>/loom, or a folder of the user's own
// in the temporary folder.
func (d Dirs) DefaultSocket() (string, error) {
	dir, err := runtimeDir()
	if err != nil {
		return "", err
	}
	return fit(filepath.Join(dir, "loomd.sock"))
}

func runtimeDir() (string, error) {
	if x := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(x) {
		if owned(x) == nil {
			return filepath.Join(x, "loom"), nil
		}
	}
	if runtime.GOOS == "linux" {
		if run := filepath.Join("/run/user", strconv.Itoa(os.Getuid())); owned(run) == nil {
			return filepath.Join(run, "loom"), nil
		}
	}
	return filepath.Join(shortTemp(), "loom-"+strconv.Itoa(os.Getuid())), nil
}

// shortTemp is a temporary folder with a short path: on macOS $TMPDIR alone
// takes half of what a socket's path may have.
func shortTemp() string {
	if runtime.GOOS == "darwin" {
		return "/tmp"
	}
	return os.TempDir()
}

// fit returns path, or a hashed name in the user's own folder when path is too
// long for a socket. Both sides compute the same.
func fit(path string) (string, error) {
	if len(path) <= maxSocketPath {
		return path, nil
	}
	sum := sha256.Sum256([]byte(path))
	short := filepath.Join(shortTemp(), "loom-"+strconv.Itoa(os.Getuid()), hex.EncodeToString(sum[:8])+".sock")
	if len(short) > maxSocketPath {
		return "", fmt.Errorf("socket path %s is %d bytes, over the limit of %d, and so is %s", path, len(path), maxSocketPath, short)
	}
	return short, nil
}

// PrivateDir makes dir with mode 0700 if it is missing, and refuses one that
// another user owns or can write to.
func PrivateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making %s: %w", dir, err)
	}
	return owned(dir)
}

// OwnerError is a file that does not belong to the user who runs this process.
type OwnerError struct {
	Path string
	UID  int // its owner
}

func (e *OwnerError) Error() string {
	return fmt.Sprintf("%s belongs to user %d, not to user %d: refusing to use it", e.Path, e.UID, os.Getuid())
}

// errShared is a folder that others may write to.
var errShared = errors.New("others may write to it")

func owned(path string) error {
	fi, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if uid := ownerOf(fi); uid != os.Getuid() {
		return &OwnerError{Path: path, UID: uid}
	}
	if fi.IsDir() && fi.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("refusing to use %s: %w (chmod 700 %s)", path, errShared, path)
	}
	return nil
}
