package kubernetes

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/loom-core/loom/testbed/cell"
)

// groupRoot is where control groups are mounted.
const groupRoot = "/sys/fs/cgroup"

// groupPrefix is what the names of our control groups begin with. The id of the
// process that made the group follows.
const groupPrefix = "loom-testbed-"

// wanted are the controllers that a kubelet uses.
var wanted = []string{"cpu", "cpuset", "memory", "pids"}

// made counts the groups of this process.
var made atomic.Int32

// unified reports whether all controllers are in one tree (version 2), rather
// than in a tree each (version 1).
func unified(root string) bool {
	_, err := os.Stat(filepath.Join(root, "cgroup.controllers"))
	return err == nil
}

// trees are the roots in which a group has a folder: one of version 2, or one for
// each controller. In a mixed set there is one of version 2 beside those, without
// controllers, in which runc makes the groups of pods too.
func trees(root string) []string {
	if unified(root) {
		return []string{root}
	}
	var all []string
	entries, _ := os.ReadDir(root)
	for _, e := range entries {
		dir := filepath.Join(root, e.Name())
		_, err := os.Stat(filepath.Join(dir, "cgroup.procs"))
		if e.IsDir() && err == nil { // no link: cpu is one to cpu,cpuacct
			all = append(all, dir)
		}
	}
	return all
}

// groupsUsable says what is wrong with the machine's control groups.
func groupsUsable() error { return usable(groupRoot) }

func usable(root string) error {
	have := map[string]bool{}
	if unified(root) {
		raw, err := os.ReadFile(filepath.Join(root, "cgroup.controllers"))
		if err != nil {
			return fmt.Errorf("reading control groups: %w", err)
		}
		for _, name := range strings.Fields(string(raw)) {
			have[name] = true
		}
	} else {
		for _, dir := range trees(root) {
			for _, name := range strings.Split(filepath.Base(dir), ",") {
				have[name] = true
			}
		}
	}
	var missing []string
	for _, name := range wanted {
		if !have[name] {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s has no controller %s; in a container, mount the machine's control groups writable", root, strings.Join(missing, ", "))
	}
	return nil
}

// groupName is a name for the control group of one cluster.
func groupName() string { return fmt.Sprintf("%s%d-%d", groupPrefix, os.Getpid(), made.Add(1)) }

// makeGroup makes it. What runs that were killed have left is removed first.
func makeGroup(name string) error { return makeIn(groupRoot, name) }

func makeIn(root, name string) error {
	sweep(root)
	if unified(root) {
		for _, controller := range append(wanted, "io") {
			// Given to the groups below, one by one: some may be given already, or
			// kept back, and the kubelet says which it misses.
			os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+"+controller), 0o644)
		}
	}
	for _, dir := range trees(root) {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			for _, made := range foldersOf(root, name) {
				cell.RemoveGroup(made)
			}
			return fmt.Errorf("making a control group: %w", err)
		}
	}
	return nil
}

// groupFolders are the folders of a group.
func groupFolders(name string) []string { return foldersOf(groupRoot, name) }

func foldersOf(root, name string) []string {
	var all []string
	for _, dir := range trees(root) {
		all = append(all, filepath.Join(dir, name))
	}
	return all
}

// sweep removes the groups of processes that are no more. One that still has
// processes in it stays.
func sweep(root string) {
	for _, dir := range trees(root) {
		left, _ := filepath.Glob(filepath.Join(dir, groupPrefix+"*")) // the pattern is good
		for _, group := range left {
			maker, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(group), groupPrefix), "-")
			pid, err := strconv.Atoi(maker)
			if err != nil || syscall.Kill(pid, 0) != syscall.ESRCH {
				continue
			}
			cell.RemoveGroup(group)
		}
	}
}
