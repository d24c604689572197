package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/registry/process"
)

// runLookup is what one server may look up. Secret files are made for it when the
// first is asked for.
type runLookup struct {
	secret.Lookup
	opts  *RunOptions
	files *secretFiles
}

// SecretFile makes it a [secret.FileLookup].
func (l *runLookup) SecretFile(ctx context.Context, name string) (string, error) {
	value, err := l.Secret(ctx, name)
	if err != nil {
		return "", err
	}
	if l.files == nil {
		dirs, err := l.opts.Dirs()
		if err != nil {
			return "", err
		}
		socket, err := dirs.DefaultSocket()
		if err != nil {
			return "", err
		}
		if l.files, err = newSecretFiles(filepath.Dir(socket)); err != nil {
			return "", err
		}
	}
	return l.files.write(name, value)
}

func (l *runLookup) end() {
	if l.files != nil {
		l.files.remove()
	}
}

// secretFiles are the files that a server of `loom run` reads secrets from. They
// are in a folder of their own beside loomd's socket, which is in memory where
// there is such a place, and go with the server.
type secretFiles struct {
	dir  string
	lock *os.File // of the folder: held as long as we live
}

// filesPrefix begins the names of the folders.
const filesPrefix = "run-"

// newSecretFiles makes the folder in parent, and takes away what others left
// that were killed.
func newSecretFiles(parent string) (*secretFiles, error) {
	if err := localsock.PrivateDir(parent); err != nil {
		return nil, fmt.Errorf("making a folder for secret files: %w", err)
	}
	sweepFiles(parent)
	dir, err := os.MkdirTemp(parent, filesPrefix) // 0700
	if err != nil {
		return nil, fmt.Errorf("making a folder for secret files: %w", err)
	}
	f := &secretFiles{dir: dir}
	if f.lock, err = os.Open(dir); err == nil {
		err = syscall.Flock(int(f.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		f.remove()
		return nil, fmt.Errorf("locking the folder for secret files: %w", err)
	}
	return f, nil
}

// young is how long a folder is left alone that nobody has locked: it may just
// have been made.
const young = time.Minute

func sweepFiles(parent string) {
	found, _ := filepath.Glob(filepath.Join(parent, filesPrefix+"*")) // without special characters of ours
	for _, dir := range found {
		fi, err := os.Lstat(dir)
		if err != nil || !fi.IsDir() || time.Since(fi.ModTime()) < young {
			continue
		}
		lock, err := os.Open(dir)
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			os.RemoveAll(dir)
		}
		lock.Close()
	}
}

// write puts a value into a file, and returns its path.
func (f *secretFiles) write(name string, value secret.Value) (string, error) {
	path := filepath.Join(f.dir, name) // a name has no slash, and does not begin with a dot
	if err := os.WriteFile(path, []byte(value.Reveal()), 0o600); err != nil {
		return "", fmt.Errorf("writing the file of secret %s: %w", name, err)
	}
	return path, nil
}

func (f *secretFiles) remove() {
	os.RemoveAll(f.dir)
	if f.lock != nil {
		f.lock.Close()
	}
}

// exitStatus ends loom with the code of a program that it ran.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// passedOn are the signals that a client or a terminal may send to a server.
var passedOn = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH}

// attend runs the server as a child, since somebody has to take its secret files
// away when it ends. It has our own stdin and stdout, and gets our signals.
func attend(spec process.Spec, argv []string) error {
	cmd := &exec.Cmd{Path: spec.Path, Args: argv, Env: spec.Env, Dir: spec.Dir, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, passedOn...)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // ends with the server
	for {
		select {
		case s := <-signals:
			_ = cmd.Process.Signal(s) // it may have ended just now
		case err := <-ended:
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				return err
			}
			if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
				return exitStatus(128 + int(status.Signal()))
			}
			return exitStatus(exit.ExitCode())
		}
	}
}
