package trust

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestState(t *testing.T) {
	var s Store
	if got := s.State("/p", "aa"); got != Unknown {
		t.Errorf("of nothing: %v", got)
	}
	s.Trust("/p", Entry{Hash: "aa"})
	s.Trust("/empty", Entry{})
	for _, tc := range []struct {
		dir, hash string
		want      State
	}{{"/p", "aa", Trusted}, {"/p", "ab", Changed}, {"/p", "", Changed}, {"/q", "aa", Unknown}, {"/p/", "aa", Unknown}, {"/empty", "", Changed}} {
		if got := s.State(tc.dir, tc.hash); got != tc.want {
			t.Errorf("State(%q, %q) = %v, want %v", tc.dir, tc.hash, got, tc.want)
		}
	}
	if !s.Untrust("/p") || s.Untrust("/p") || s.State("/p", "aa") != Unknown {
		t.Error("what was taken back is still there")
	}
}

// Many change the file at once, and no change is lost.
func TestUpdate(t *testing.T) {
	path := Path(filepath.Join(t.TempDir(), "state"))
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			dir := "/" + strconv.Itoa(i)
			for range 3 {
				if err := Update(path, func(s *Store) error { s.Trust(dir, Entry{Hash: "aa"}); return nil }); err != nil {
					t.Error(err)
				}
			}
			if i%2 == 0 {
				if err := Update(path, func(s *Store) error { s.Untrust(dir); return nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	refused := errors.New("no")
	if err := Update(path, func(s *Store) error { s.Untrust("/1"); return refused }); err != refused {
		t.Errorf("got %v", err)
	}
	s, err := Load(path)
	if err != nil || len(s.Dirs()) != 10 || s.State("/1", "aa") != Trusted || s.State("/2", "aa") != Unknown {
		t.Errorf("%v, %v", s.Dirs(), err)
	}
}

func TestCheckDir(t *testing.T) {
	for dir, ok := range map[string]bool{"/home/me/app 1": true, "/é/日本": true, "/a\nb": false, "/a\x1b[2Jb": false, "/\u202ea": false, "/a\u200b": false, "/a\xff": false, "/a\u00a0b": false} {
		if err := CheckDir(dir); (err == nil) != ok {
			t.Errorf("CheckDir(%q) = %v", dir, err)
		}
	}
}

func TestCommand(t *testing.T) {
	for dir, want := range map[string]string{
		"/home/me/app-1.0_x":  "loom trust /home/me/app-1.0_x",
		"/a b":                "loom trust '/a b'",
		"/it's; rm -rf $HOME": `loom trust '/it'\''s; rm -rf $HOME'`,
	} {
		if got := Command(dir); got != want {
			t.Errorf("Command(%q) = %s, want %s", dir, got, want)
		}
	}
}

func TestSaveAndLoad(t *testing.T) {
	path := Path(filepath.Join(t.TempDir(), "state"))
	s, err := Load(path)
	if err != nil || len(s.Dirs()) != 0 {
		t.Fatalf("Load of a missing file = %+v, %v", s, err)
	}
	want := Entry{Hash: "aa", Secrets: []string{"t"}, Env: []string{"HOME"}, Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), File: "version: 1\n"}
	s.Trust("/b", want)
	s.Trust("/a", Entry{Hash: "bb"})
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", fi.Mode(), err)
	}
	s, err = Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := s.Entry("/b"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if dirs := s.Dirs(); !reflect.DeepEqual(dirs, []string{"/a", "/b"}) {
		t.Errorf("got %v", dirs)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".loom-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// What cannot be read is never taken for something that the user said.
func TestBroken(t *testing.T) {
	for _, text := range []string{
		"", "{", "null", "[]", `{"version":2}`, `{"projects":{}}`, `{"version":1,"more":1}`, `{"version":1} {}`,
		`{"version":1,"projects":{"rel":{"sha256":"a"}}}`, `{"version":1,"projects":{"/a/../b":{"sha256":"a"}}}`, `{"version":1,"projects":{"/a":{"hash":"a"}}}`,
	} {
		path := filepath.Join(t.TempDir(), FileName)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("Load of %s: %v", text, err)
		}
	}
}
