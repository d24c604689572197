package clientsync

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var errFull = errors.New("no space left on device")

// Whatever fails, the file is the old one or the new one, nothing else is left in
// its folder, and the ledger knows what is true.
func TestFaults(t *testing.T) {
	for name, fault := range map[string]func(*disk){
		"write":        func(d *disk) { d.write = func(*os.File, []byte) error { return errFull } },
		"half a write": func(d *disk) { d.write = func(f *os.File, b []byte) error { f.Write(b[:len(b)/2]); return errFull } },
		"swap":         func(d *disk) { d.swap = func(string, string) error { return errFull } },
		"rename": func(d *disk) {
			d.swap = func(string, string) error { return errors.ErrUnsupported }
			d.rename = func(string, string) error { return errFull }
		},
	} {
		r := newRig(t, "claude", "{\"a\": 1}\n")
		d := realDisk()
		fault(&d)
		if _, err := apply(d, r.ledger, PlanFile(r.ledger, r.wanted("proxy"), false, now), false, now); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", name, err)
		}
		r.reopen()
		left, _ := os.ReadDir(filepath.Dir(r.path))
		if r.content() != "{\"a\": 1}\n" || len(left) != 1 || len(r.ledger.Files) != 0 {
			t.Errorf("%s: %q, %v, %+v", name, r.content(), left, r.ledger.Files)
		}
		if r.sync(false, "proxy"); !strings.Contains(r.content(), "/bin/loom") {
			t.Errorf("%s: afterwards: %s", name, r.content())
		}
	}
}

// Without a step that swaps, as on some file systems, it is a rename.
func TestWithoutExchange(t *testing.T) {
	r := newRig(t, "claude", "{}\n")
	d := realDisk()
	d.swap = func(string, string) error { return errors.ErrUnsupported }
	if _, err := apply(d, r.ledger, PlanFile(r.ledger, r.wanted("proxy"), false, now), false, now); err != nil || !strings.Contains(r.content(), "/bin/loom") {
		t.Errorf("%v, %s", err, r.content())
	}
}

// loom ends between saving what it is about to write and writing it, or between
// writing and saying so.
func TestEndInBetween(t *testing.T) {
	for name, stop := range map[string]func(d *disk){
		"before": func(d *disk) { d.swap = func(string, string) error { panic("killed") } },
		"after": func(d *disk) {
			d.swap = func(a, b string) error {
				if err := exchange(a, b); err != nil {
					return err
				}
				panic("killed")
			}
		},
	} {
		r := newRig(t, "claude", "{\"a\": 1}\n")
		d := realDisk()
		stop(&d)
		func() {
			defer func() { recover() }()
			apply(d, r.ledger, PlanFile(r.ledger, r.wanted("proxy"), false, now), false, now)
		}()
		r.reopen()
		if c := r.sync(false, "proxy"); c.Blocked() || !strings.Contains(r.content(), "/bin/loom") {
			t.Errorf("%s: %s, %s", name, c.State, c.Detail)
		}
		if r.sync(false); r.content() != "{\"a\": 1}\n" {
			t.Errorf("%s: and back: %q", name, r.content())
		}
	}
}

// The client writes its file whenever it can hurt: before the swap, and in it.
func TestItsClientWritesToo(t *testing.T) {
	for _, when := range []string{"before", "within"} {
		r := newRig(t, "claude", "{\"a\": 0}\n")
		d, writes := realDisk(), 0
		foreign := func() {
			if writes++; writes <= 3 {
				text := strings.Replace(r.content(), fmt.Sprintf(`"a": %d`, writes-1), fmt.Sprintf(`"a": %d`, writes), 1)
				os.WriteFile(r.path, []byte(text), 0o600)
			}
		}
		d.write = func(f *os.File, b []byte) error {
			if when == "before" {
				foreign()
			}
			_, err := f.Write(b)
			return err
		}
		d.swap = func(a, b string) error {
			if when == "within" && !strings.Contains(r.content(), "/bin/loom") {
				foreign()
			}
			return exchange(a, b)
		}
		_, err := apply(d, r.ledger, PlanFile(r.ledger, r.wanted("proxy"), false, now), false, now)
		if got := r.content(); err != nil || !strings.Contains(got, "/bin/loom") || !strings.Contains(got, `"a": 3`) {
			t.Errorf("%s: %v after %d writes\n%s", when, err, writes, got)
		}
	}
}
