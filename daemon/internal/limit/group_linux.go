package limit

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// groups is the part of the cgroup v2 tree that belongs to loomd alone.
type groups struct{ dir string }

// own is the group within it that loomd itself is in: a group with limits for
// its children may hold no process (cgroup-v2.rst, "No Internal Process
// Constraint").
const own = "loomd-itself"

// servers is how the names of the other groups begin.
const servers = "server-"

// controllers are what the limits need.
var controllers = []string{"memory", "pids"}

func openGroups() *groups {
	raw, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	return groupsIn("/sys/fs/cgroup", string(raw), os.Getpid())
}

// groupsIn takes the group of the process over, if nobody else is in it and it
// may be divided. If anything fails all is as before.
func groupsIn(root, membership string, pid int) *groups {
	path, ok := pathOf(membership)
	if !ok {
		return nil
	}
	dir := filepath.Join(root, path)
	if filepath.Base(dir) == own && divided(filepath.Dir(dir)) {
		return ready(filepath.Dir(dir)) // this process took it over already, before it replaced itself
	}
	if words, err := fields(filepath.Join(dir, "cgroup.controllers")); err != nil || !contains(words, controllers) {
		return nil
	}
	if pids, err := fields(filepath.Join(dir, "cgroup.procs")); err != nil || !slices.Equal(pids, []string{strconv.Itoa(pid)}) {
		return nil // a terminal's, or a login's: its other processes are not ours to move
	}
	inner := filepath.Join(dir, own)
	if err := os.Mkdir(inner, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil
	}
	if write(inner, "cgroup.procs", strconv.Itoa(pid)) != nil {
		os.Remove(inner)
		return nil
	}
	if write(dir, "cgroup.subtree_control", "+"+strings.Join(controllers, " +")) != nil {
		write(dir, "cgroup.procs", strconv.Itoa(pid))
		os.Remove(inner)
		return nil
	}
	return ready(dir)
}

// pathOf finds the group in /proc/<pid>/cgroup: the line of hierarchy 0.
func pathOf(membership string) (string, bool) {
	for line := range strings.Lines(membership) {
		if path, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::"); ok {
			return path, true
		}
	}
	return "", false
}

func divided(dir string) bool {
	words, err := fields(filepath.Join(dir, "cgroup.subtree_control"))
	return err == nil && contains(words, controllers)
}

// ready ends what is left of an earlier life.
func ready(dir string) *groups {
	left, _ := filepath.Glob(filepath.Join(dir, servers+"*"))
	for _, l := range left {
		(&group{l}).remove()
	}
	return &groups{dir}
}

// group is that of one server.
type group struct{ dir string }

// threads is how many a process may have on average: pids.max counts threads,
// and is only meant for a server that forks without end.
const threads = 64

// add moves a process into a group with its limits. It returns nil if that
// cannot be: the process is watched then.
func (gs *groups) add(pid int, limits Limits) *group {
	g := &group{filepath.Join(gs.dir, servers+strconv.Itoa(pid))}
	if os.Mkdir(g.dir, 0o755) != nil {
		return nil
	}
	err := write(g.dir, "memory.max", strconv.FormatInt(limits.Memory, 10))
	if err == nil && limits.Processes > 0 {
		err = write(g.dir, "pids.max", strconv.Itoa(max(1024, threads*limits.Processes)))
	}
	if err == nil {
		// All of it ends, not the one process that is largest; and swapping is no way around.
		err = write(g.dir, "memory.oom.group", "1")
		write(g.dir, "memory.swap.max", "0") // not there without swap accounting
	}
	if err == nil {
		err = write(g.dir, "cgroup.procs", strconv.Itoa(pid))
	}
	if err != nil {
		os.Remove(g.dir)
		return nil
	}
	return g
}

// count is the number of processes in the group.
func (g *group) count() (int, error) {
	pids, err := fields(filepath.Join(g.dir, "cgroup.procs"))
	return len(pids), err
}

// killed reports whether the kernel ended something because of the limit.
func (g *group) killed() bool {
	words, err := fields(filepath.Join(g.dir, "memory.events"))
	if err != nil {
		return false
	}
	at := slices.Index(words, "oom_kill")
	return at >= 0 && at+1 < len(words) && words[at+1] != "0"
}

// remove ends what is in the group and removes it. What takes too long to die
// is found by the next loomd.
func (g *group) remove() {
	write(g.dir, "cgroup.kill", "1") // Linux 5.14
	for deadline := time.Now().Add(time.Second); ; time.Sleep(time.Millisecond) {
		if err := os.Remove(g.dir); err == nil || errors.Is(err, fs.ErrNotExist) || time.Now().After(deadline) {
			return
		}
	}
}

// write writes to a file of the kernel's: one that is not there is not made.
func write(dir, name, text string) error {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func fields(file string) ([]string, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, f := range bytes.Fields(raw) {
		out = append(out, string(f))
	}
	return out, nil
}

func contains(words, all []string) bool {
	for _, w := range all {
		if !slices.Contains(words, w) {
			return false
		}
	}
	return true
}

// offer makes a process, and what it starts, the first that the kernel ends
// when the machine has no memory left: it may take all of it within a second.
func offer(pid int) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	if now, err := fields(filepath.Join(dir, "oom_score_adj")); err == nil && len(now) == 1 {
		if n, err := strconv.Atoi(now[0]); err == nil && n < oomScore {
			write(dir, "oom_score_adj", strconv.Itoa(oomScore))
		}
	}
}

// oomScore is on a scale from -1000 to 1000, where a user's programs have 0.
const oomScore = 500
