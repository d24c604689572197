package orphan

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/loom-core/loom/daemon/internal/proc"
)

// Journal is a small file with the children that run, for the next loomd to
// find if this one is killed: where a process's environment cannot be read, and
// for programs that write over their own. It is safe for concurrent use.
//
// When the file cannot be written the old one stays, the error says so, and the
// next change writes all of it again. An entry too many does no harm: a process
// is ended only if it started at the very moment that the entry says.
type Journal struct {
	file string
	boot string
	turn sync.Mutex // of whoever writes the file

	mu   sync.Mutex
	old  []entry // of the lives before this one, as long as they may be alive
	runs map[int]entry
}

// entry is a line of the file.
type entry struct {
	pid, pgid, session int
	start              int64
}

// journalHeader is the first line; the id of the boot follows it.
const journalHeader = "loom children 1 "

// OpenJournal reads what the last loomd noted in file. With an error the
// journal is good all the same and what could not be read is forgotten.
func OpenJournal(file string) (*Journal, error) {
	j := &Journal{file: file, runs: map[int]entry{}}
	var err error
	if j.boot, err = proc.BootID(); err != nil {
		return j, err
	}
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err == nil {
		j.old, err = parseJournal(string(raw), j.boot)
	}
	if err != nil {
		return j, fmt.Errorf("reading the list of children %s: %w", file, err)
	}
	return j, nil
}

// parseJournal returns the lines that are good, and an error if others are
// not. After another boot there is nothing to return.
func parseJournal(text, boot string) ([]entry, error) {
	first, rest, _ := strings.Cut(text, "\n")
	was, ok := strings.CutPrefix(first, journalHeader)
	if !ok {
		return nil, fmt.Errorf("its first line is %.40q", first)
	}
	if was != boot {
		return nil, nil
	}
	var out []entry
	var err error
	for line := range strings.Lines(rest) {
		e, ok := parseEntry(line)
		if !ok {
			err = fmt.Errorf("line %.80q is not one", line)
			continue
		}
		out = append(out, e)
	}
	return out, err
}

func parseEntry(line string) (e entry, ok bool) {
	fields := strings.Fields(line)
	if len(fields) != 4 || !strings.HasSuffix(line, "\n") {
		return entry{}, false
	}
	for i, p := range []*int{&e.pid, &e.pgid, &e.session} {
		n, err := strconv.ParseInt(fields[i], 10, 32)
		if err != nil || n < 0 {
			return entry{}, false
		}
		*p = int(n)
	}
	start, err := strconv.ParseInt(fields[3], 10, 64)
	e.start = start
	return e, err == nil && e.pid > 1 && e.pgid > 1
}

func (e entry) String() string {
	return fmt.Sprintf("%d %d %d %d\n", e.pid, e.pgid, e.session, e.start)
}

// Add notes a child that was just started. One that has ended already is not
// noted.
func (j *Journal) Add(pid int) error {
	p, ok := proc.Lookup(pid)
	if !ok {
		return nil
	}
	j.mu.Lock()
	j.runs[pid] = entry{p.PID, p.Group, p.Session, p.Start}
	j.mu.Unlock()
	return j.write()
}

// Remove takes a child out that has ended.
func (j *Journal) Remove(pid int) error {
	j.mu.Lock()
	_, had := j.runs[pid]
	delete(j.runs, pid)
	j.mu.Unlock()
	if !had {
		return nil
	}
	return j.write()
}

// before returns what earlier lives noted.
func (j *Journal) before() []entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.old
}

// settle forgets of the earlier lives what is not left.
func (j *Journal) settle(left []Process) error {
	var still []entry
	j.mu.Lock()
	had := len(j.old)
	for _, e := range j.old {
		if slices.ContainsFunc(left, func(p Process) bool { return p.PID == e.pid && p.start == e.start || p.pgid == e.pgid }) {
			still = append(still, e)
		}
	}
	j.old = still
	j.mu.Unlock()
	if had == 0 {
		return nil
	}
	return j.write()
}

// write replaces the file. It need not reach the disk: after a crash of the
// machine none of the processes is there.
func (j *Journal) write() error {
	j.turn.Lock() // guards the file and nothing else
	defer j.turn.Unlock()
	var b bytes.Buffer
	b.WriteString(journalHeader + j.boot + "\n")
	j.mu.Lock()
	for _, e := range j.old {
		b.WriteString(e.String())
	}
	for _, e := range j.runs {
		b.WriteString(e.String())
	}
	j.mu.Unlock()
	tmp := j.file + ".new"
	err := os.WriteFile(tmp, b.Bytes(), 0o600)
	if err == nil {
		err = os.Rename(tmp, j.file)
	}
	if err != nil {
		os.Remove(tmp) // on a full disk half of it may be there
		return fmt.Errorf("writing the list of children: %w", err)
	}
	return nil
}
