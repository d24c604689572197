package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// record is the n-th call, a second after the one before.
func record(n int) Record {
	return Record{
		Time: time.Date(2026, 11, 1, 0, 0, n, 0, time.UTC), Session: "3", Client: "codex", Server: "git", Tool: fmt.Sprintf("t%d", n),
		Method: "tools/call", Outcome: "ok", Duration: 1500 * time.Microsecond, RequestBytes: 20, ResultBytes: 400,
	}
}

func write(t *testing.T, dir string, opts Options, records ...Record) {
	t.Helper()
	l := Open(dir, opts)
	for _, r := range records {
		l.Record(r)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// tools reads the names of the tools in dir.
func tools(t *testing.T, dir string, q Query) []string {
	t.Helper()
	records, _, err := Read(t.Context(), dir, q)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, r := range records {
		out = append(out, r.Tool)
	}
	return out
}

func TestLine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	long := record(1)
	long.Client = strings.Repeat("x", 199) + "é\n"
	write(t, dir, Options{}, record(0), long)
	text, err := os.ReadFile(filepath.Join(dir, "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"time":"2026-11-01T00:00:00Z","session":"3","client":"codex","server":"git","tool":"t0","method":"tools/call","outcome":"ok","duration_ns":1500000,"request_bytes":20,"result_bytes":400}` + "\n"
	if first, rest, _ := strings.Cut(string(text), "\n"); first+"\n" != want || !strings.Contains(rest, strings.Repeat("x", 199)+`…"`) {
		t.Errorf("got %s, want %s and a client's name cut between two letters", text, want)
	}
	if info, err := os.Stat(filepath.Join(dir, "audit.jsonl")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode: %v, %v", info.Mode(), err)
	}
	records, _, err := Read(t.Context(), dir, Query{Limit: 1, Until: record(1).Time})
	if err != nil || len(records) != 1 || records[0] != record(0) {
		t.Errorf("read back: %+v, %v", records, err)
	}
}

// A line is what encoding/json writes, which reads it again.
func TestLineIsThatOfEncodingJSON(t *testing.T) {
	for _, r := range []Record{
		{}, record(1), {Time: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("", 3600)), Client: "a\"<\\\u2028é\x00\xff", Method: "m", Outcome: "o", Duration: -1, RequestBytes: 1 << 40},
		{Time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		want, wantErr := json.Marshal(r)
		got, err := r.appendTo([]byte("x"))
		if (err == nil) != (wantErr == nil) || err == nil && string(got) != "x"+string(want) {
			t.Errorf("got %s, %v; want %s, %v", got, err, want, wantErr)
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	l := Open(b.TempDir(), Options{})
	defer l.Close()
	r := record(1)
	b.ReportAllocs()
	for b.Loop() {
		l.Record(r)
	}
}

func TestQuery(t *testing.T) {
	dir := t.TempDir()
	other := record(2)
	other.Client, other.Server, other.Outcome = "claude", "loki", "timeout"
	write(t, dir, Options{}, record(0), record(1), other, record(3))
	for _, c := range []struct {
		name    string
		q       Query
		want    string
		matched int
	}{
		{"all", Query{}, "t0 t1 t2 t3", 4},
		{"newest", Query{Limit: 2}, "t2 t3", 4},
		{"since is in, until is out", Query{Since: record(1).Time, Until: record(3).Time}, "t1 t2", 2},
		{"client", Query{Client: "claude"}, "t2", 1},
		{"server and limit", Query{Servers: []string{"git"}, Limit: 1}, "t3", 3},
		{"tool", Query{Tool: "t1"}, "t1", 1},
		{"outcome", Query{Outcome: "timeout"}, "t2", 1},
		{"none", Query{Servers: []string{"git"}, Outcome: "timeout"}, "", 0},
	} {
		if got := strings.Join(tools(t, dir, c.q), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if _, matched, _ := Read(t.Context(), dir, c.q); matched != c.matched {
			t.Errorf("%s: %d match, want %d", c.name, matched, c.matched)
		}
	}
	if got := tools(t, filepath.Join(dir, "nonesuch"), Query{}); len(got) != 0 {
		t.Errorf("no folder: %q", got)
	}
}

func TestRotation(t *testing.T) {
	dir := t.TempDir()
	for n := range 9 { // one file each
		write(t, dir, Options{MaxSize: 10, Keep: 3}, record(n))
	}
	if got := strings.Join(tools(t, dir, Query{}), " "); got != "t5 t6 t7 t8" {
		t.Errorf("kept %q", got)
	}
	names, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(names) != 4 {
		t.Errorf("files: %q", names)
	}
}

// TestReadWhileRotating reads while files move: what was there before is seen
// each time, once and in its order.
func TestReadWhileRotating(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, Options{}, record(0))
	for n := 1; n < 60; n++ {
		l := Open(dir, Options{MaxSize: 10, Keep: 100})
		var closing sync.WaitGroup
		closing.Go(func() {
			l.Record(record(n))
			l.Close()
		})
		got := tools(t, dir, Query{})
		closing.Wait()
		for i, name := range got {
			if name != fmt.Sprintf("t%d", i) {
				t.Fatalf("read %q", got)
			}
		}
		if len(got) < n || len(got) > n+1 {
			t.Fatalf("read %q, want %d of them and perhaps the one that came meanwhile", got, n)
		}
	}
}

func TestForeignLines(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "audit.jsonl")
	write(t, dir, Options{}, record(0))
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(f, "[]\nnull\n%s\n\n{\"time\":\"2026-1", strings.Repeat("x", 2*maxLine)) // cut off by a crash
	f.Close()
	write(t, dir, Options{}, record(1))
	if got := strings.Join(tools(t, dir, Query{}), " "); got != "t0 t1" {
		t.Errorf("read %q", got)
	}
}

func TestRemovedFileIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	l := Open(dir, Options{})
	l.Record(record(0))
	wait(t, func() bool { return l.written.Load() == 1 })
	if err := os.Remove(l.Path()); err != nil {
		t.Fatal(err)
	}
	l.Record(record(1))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(tools(t, dir, Query{}), " "); got != "t1" {
		t.Errorf("read %q", got)
	}
}

// wait waits for another goroutine that does real I/O.
func wait(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen within 10s")
		}
	}
}

// disk is a file whose Write is the test's.
type disk struct {
	*os.File
	write func(f *os.File, b []byte) (int, error)
}

func (d disk) Write(b []byte) (int, error) { return d.write(d.File, b) }

func openDisk(write func(*os.File, []byte) (int, error)) func(string) (File, error) {
	return func(path string) (File, error) {
		f, err := openFile(path)
		if err != nil {
			return nil, err
		}
		return disk{f.(*os.File), write}, nil
	}
}

func TestDiskThatHangs(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		stuck, free := make(chan bool, 100), make(chan bool)
		l := Open(dir, Options{Queue: 10, OpenFile: openDisk(func(f *os.File, b []byte) (int, error) {
			stuck <- true
			<-free
			return f.Write(b)
		})})
		l.Record(record(0))
		<-stuck
		began := time.Now()
		for n := range 15 { // 10 of them have room
			l.Record(record(1 + n))
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("recording took %s", took)
		}
		if dropped, text := l.Status(); dropped != 5 || text != "" {
			t.Errorf("at first: %d, %q", dropped, text)
		}
		time.Sleep(3 * time.Second)
		if _, text := l.Status(); !strings.HasSuffix(text, "audit.jsonl takes 3s so far") {
			t.Errorf("after 3s: %q", text)
		}
		began = time.Now()
		if err := l.Close(); err == nil || !strings.Contains(err.Error(), "records not written: 11") || time.Since(began) != closeLimit {
			t.Errorf("closing took %s: %v", time.Since(began), err)
		}
		close(free) // the writer ends with the bubble
	})
}

func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		full := true
		l := Open(dir, Options{Queue: 10, Log: textLog(&log), OpenFile: openDisk(func(f *os.File, b []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			if full { // the first line and a half still fit
				n, _ := f.Write(b[:min(len(b), bytes.IndexByte(b, '\n')+50)])
				return n, syscall.ENOSPC
			}
			return f.Write(b)
		})})
		l.Record(record(0))
		l.Record(record(1))
		l.Record(record(2))
		time.Sleep(100 * time.Millisecond) // until it is written
		synctest.Wait()
		if dropped, text := l.Status(); dropped != 0 || !strings.Contains(text, "no space left on device") {
			t.Errorf("full: %d, %q", dropped, text)
		}
		for n := range 20 {
			l.Record(record(3 + n))
		}
		if dropped, _ := l.Status(); dropped < 8 { // 10 wait, and up to 2 of the first three
			t.Errorf("%d dropped", dropped)
		}
		mu.Lock()
		full = false
		mu.Unlock()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		dropped, text := l.Status()
		if text != "" {
			t.Errorf("it works again: %q", text)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		got := tools(t, dir, Query{})
		if int64(len(got))+dropped != 23 || len(slices.Compact(slices.Clone(got))) != len(got) || got[0] != "t0" {
			t.Errorf("%d dropped, kept %q", dropped, got)
		}
	})
	if text := log.String(); strings.Count(text, "\n") != 2 || !strings.Contains(text, "cannot be written") || !strings.Contains(text, "written again") {
		t.Errorf("said: %s", text)
	}
}

func TestNoFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l := Open(filepath.Join(file, "state"), Options{})
	l.Record(record(0))
	wait(t, func() bool { _, text := l.Status(); return strings.Contains(text, "not a directory") })
	if err := l.Close(); err == nil || !strings.Contains(err.Error(), "records not written: 1 (") {
		t.Errorf("closing: %v", err)
	}
	l.Record(record(1)) // after the end
	if dropped, _ := l.Status(); dropped != 2 {
		t.Errorf("%d dropped, want 2", dropped)
	}
}
