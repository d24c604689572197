package registry

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestReadProject(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secrets.yaml")
	if err := os.WriteFile(outside, []byte("canary"), 0o600); err != nil {
		t.Fatal(err)
	}
	write := func(path, text string) error { return os.WriteFile(path, []byte(text), 0o600) }
	for name, tc := range map[string]struct {
		make func(dir, file string) error
		want string // in the error; empty: "text" is read
	}{
		"a file": {func(_, file string) error { return write(file, "text") }, ""},
		"a link in the folder": {func(dir, file string) error {
			return errors.Join(write(dir+"/real.yaml", "text"), os.Symlink("../real.yaml", file))
		}, ""},
		"a link out of it": {func(_, file string) error { return os.Symlink(outside, file) }, "escapes"},
		"a way out of it": {func(dir, file string) error {
			return os.Symlink("../../"+filepath.Base(filepath.Dir(outside))+"/secrets.yaml", file)
		}, "escapes"},
		"a link to itself": {func(_, file string) error { return os.Symlink("registry.yaml", file) }, "too many"},
		"a folder":         {func(_, file string) error { return os.Mkdir(file, 0o700) }, "no regular file"},
		"a pipe":           {func(_, file string) error { return syscall.Mkfifo(file, 0o600) }, "no regular file"},
		"a large file":     {func(_, file string) error { return write(file, strings.Repeat("#", MaxSize+1)) }, "it is over 1048576 bytes"},
		"the largest file": {func(_, file string) error { return write(file, "text"+strings.Repeat(" ", MaxSize-4)) }, ""},
		"the folder a link out": {func(dir, _ string) error {
			return errors.Join(os.Remove(dir+"/.loom"), os.Symlink(filepath.Dir(outside), dir+"/.loom"), write(filepath.Dir(outside)+"/registry.yaml", "canary"))
		}, "escapes"},
		"none": {func(_, _ string) error { return nil }, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, ".loom"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := tc.make(dir, ProjectFile(dir)); err != nil {
				t.Fatal(err)
			}
			data, err := ReadProject(dir)
			if tc.want == "" {
				if err != nil || strings.TrimSpace(string(data)) != "text" {
					t.Fatalf("got %.20q, %v", data, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "reading "+ProjectFile(dir)+": ") {
				t.Errorf("got %.20q, %v", data, err)
			}
			if errors.Is(err, fs.ErrNotExist) != (name == "none") {
				t.Errorf("whether there is none: %v", err)
			}
		})
	}
}
