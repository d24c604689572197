package limit

import "github.com/loom-core/loom/daemon/internal/proc"

// members picks the process and what descends from it: its children and
// theirs, its group and session and those of its descendants, and whatever was
// seen to be one of them before, also when its parent has ended since. It is
// empty when the process has ended.
func (m *Limit) members(all []proc.Process) []proc.Process {
	in := map[int]bool{}
	for _, p := range all {
		if p.PID == m.pid && p.Start == m.began {
			in[p.PID] = true
		}
	}
	if !in[m.pid] {
		return nil
	}
	for _, p := range all {
		if start, ok := m.known[p.PID]; ok && start == p.Start {
			in[p.PID] = true
		}
	}
	for grown := true; grown; {
		grown = false
		for _, p := range all {
			if !in[p.PID] && (in[p.Parent] || in[p.Group] || in[p.Session]) {
				in[p.PID], grown = true, true
			}
		}
	}
	m.known = map[int]int64{}
	var out []proc.Process
	for _, p := range all {
		if in[p.PID] {
			m.known[p.PID] = p.Start
			out = append(out, p)
		}
	}
	return out
}
