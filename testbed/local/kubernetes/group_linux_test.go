package kubernetes

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// groups are folders that look like control groups.
func groups(t *testing.T, files ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, file := range files {
		name, text, _ := strings.Cut(file, "=")
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestUsable(t *testing.T) {
	for _, test := range []struct {
		name  string
		files []string
		err   string
	}{
		{"version 1", []string{"cpu/cgroup.procs", "cpuset/cgroup.procs", "memory/cgroup.procs", "pids/cgroup.procs"}, ""},
		{"version 1, joined", []string{"cpu,cpuacct/cgroup.procs", "cpuset/cgroup.procs", "memory/cgroup.procs", "pids/cgroup.procs"}, ""},
		{"version 1, some", []string{"cpu/cgroup.procs", "memory/cgroup.procs"}, "no controller cpuset, pids"},
		{"mixed", []string{"cpu/cgroup.procs", "cpuset/cgroup.procs", "memory/cgroup.procs", "unified/cgroup.procs"}, "no controller pids"},
		{"version 2", []string{"cgroup.controllers=cpuset cpu io memory pids"}, ""},
		{"version 2, some", []string{"cgroup.controllers=cpu pids"}, "no controller cpuset, memory"},
		{"none", nil, "no controller cpu, cpuset, memory, pids"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := usable(groups(t, test.files...))
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("%v gives %v, want %q", test.files, err, test.err)
			}
		})
	}
}

// TestMakeIn: a group is made in each tree, and what is left of processes that are
// no more goes.
func TestMakeIn(t *testing.T) {
	alive := fmt.Sprintf("%s%d-7", groupPrefix, os.Getpid())
	root := groups(t, "cpu/cgroup.procs", "memory/cgroup.procs", "unified/cgroup.procs")
	for _, dir := range []string{"cpu/" + alive, "memory/" + groupPrefix + "2147483646-1/kubepods/pod", "cpu/" + groupPrefix + "notours"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := makeIn(root, "new"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, pattern := range []string{"*/new", "*/" + groupPrefix + "*"} {
		found, _ := filepath.Glob(filepath.Join(root, pattern))
		for _, path := range found {
			got = append(got, strings.TrimPrefix(path, root+"/"))
		}
	}
	want := fmt.Sprint([]string{"cpu/new", "memory/new", "unified/new", "cpu/" + alive, "cpu/" + groupPrefix + "notours"})
	if fmt.Sprint(got) != want {
		t.Errorf("there are %v, want %s", got, want)
	}
}

func TestMakeInUnified(t *testing.T) {
	root := groups(t, "cgroup.controllers=cpuset cpu io memory pids", "cgroup.subtree_control")
	if err := makeIn(root, "new"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "new")); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprint(foldersOf(root, "new")); got != fmt.Sprint([]string{filepath.Join(root, "new")}) {
		t.Errorf("the folders are %s", got)
	}
}
