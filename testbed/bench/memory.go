package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// memory is what one kind of process holds, in KiB. The largest is the one that
// took the load of a single client and the big results. Private is what would be
// free if it ended: pages that it shares with others of its kind do not count.
type memory struct {
	name         string
	count        int
	least        int // RSS of the smallest
	rss, private int // of the largest
}

// memory reads /proc; elsewhere there is nothing to report.
func (w *world) memory() []memory {
	var out []memory
	add := func(name string, pid int) {
		rss, private, err := smaps(pid)
		if err != nil {
			return
		}
		for i := range out {
			if m := &out[i]; m.name == name {
				m.count++
				m.least = min(m.least, rss)
				m.rss, m.private = max(m.rss, rss), max(m.private, private)
				return
			}
		}
		out = append(out, memory{name: name, count: 1, least: rss, rss: rss, private: private})
	}
	for _, p := range w.processes {
		name := p.name
		if name == "server" {
			name = "server, direct"
		}
		add(name, p.cmd.Process.Pid)
		switch p.name {
		case "loomd":
			for _, pid := range children(p.cmd.Process.Pid) {
				add("server, of loomd", pid)
			}
		case "relay daemon":
			for _, pid := range children(p.cmd.Process.Pid) {
				add("server, of the relay", pid)
			}
		}
	}
	return out
}

func smaps(pid int) (rss, private int, err error) {
	f, err := os.Open(filepath.Join("/proc", strconv.Itoa(pid), "smaps_rollup"))
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		key, value, _ := strings.Cut(s.Text(), ":")
		var kib int
		fmt.Sscan(value, &kib)
		switch key {
		case "Rss":
			rss = kib
		case "Private_Clean", "Private_Dirty":
			private += kib
		}
	}
	return rss, private, nil
}

// children are the processes that pid's threads started.
func children(pid int) []int {
	var out []int
	files, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "children"))
	for _, f := range files {
		raw, _ := os.ReadFile(f)
		for word := range strings.FieldsSeq(string(raw)) {
			if n, err := strconv.Atoi(word); err == nil {
				out = append(out, n)
			}
		}
	}
	return out
}
