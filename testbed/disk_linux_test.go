package testbed_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/fault"
)

// TestFullDisk: a disk without a byte left, on which everything of loomd's lies,
// fails no call and slows none. What could not be written is said: in the status,
// in the result that was cut, in the log. Nothing that was whole is broken by it,
// and when there is room again all goes on by itself.
func TestFullDisk(t *testing.T) {
	w := newWorld(t, fake+"    max_result_bytes: 10KiB\n")
	disk := fault.SmallDisk(t, w.Dirs.State, 4<<20)
	w.SaveEnvironment(nil)
	c := w.Connect(testbed.ClientOptions{})
	c.MustCall("fake__echo", "{}")
	if s := w.Status(); s.Audit.Error != "" {
		t.Fatalf("before the disk is full: %s", s.Audit.Error)
	}
	w.Registry(fake + "    max_result_bytes: 10KiB\n  other: {command: @fake, args: [--journal, @home/other], share: global}\n")
	disk.Fill(0)

	// Calls, more than the queue of records takes, and a large result.
	for range 200 {
		began := time.Now()
		ids := make([]string, 32)
		for n := range ids {
			ids[n] = c.Begin("fake__echo", fmt.Sprintf(`{"n":%d}`, n))
		}
		for n, id := range ids {
			if f := c.Answer(id); f.Err() != nil || !strings.Contains(f.String(), fmt.Sprintf(`{"n":%d}`, n)) {
				t.Fatalf("call %d on a full disk: %s", n, f)
			}
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("32 calls took %s", took)
		}
	}
	if text := c.MustCall("fake__big", `{"bytes":100000}`); !strings.Contains(text, "bytes shown. The rest could not be kept: no space left on device") {
		t.Errorf("a result over the limit ends with %q", text[max(0, len(text)-200):])
	}

	// A server that was never seen: its process and its definitions are noted.
	w.MustLoom("reload")
	testbed.Eventually(t, "other is listed", func() bool {
		names, _ := c.Ask(mcp.ToolsList, "").Tools()
		return strings.Contains(strings.Join(names, " "), "other__echo")
	})
	c.MustCall("other__echo", "{}")

	testbed.Eventually(t, "the status says it", func() bool {
		s := w.Status()
		return strings.Contains(s.Audit.Error, "no space left on device") && s.Audit.Dropped > 0
	})
	if out := w.MustLoom("status"); !strings.Contains(out, "no space left on device") {
		t.Errorf("loom status prints\n%s", out)
	}

	// What was written before is whole: another loomd begins with it.
	w.Kill(w.Status().PID)
	testbed.Eventually(t, "a new loomd", func() bool { return c.Call("loom__status", "{}").Err() == nil })
	c.MustCall("fake__echo", "{}")
	c.MustCall("other__echo", "{}")

	disk.Free()
	testbed.Eventually(t, "calls are written down again", func() bool {
		c.MustCall("fake__echo", `{"again":true}`)
		return w.Status().Audit.Error == ""
	})
	if text := c.MustCall("fake__big", `{"bytes":100000}`); !strings.Contains(text, "loom__read_result") {
		t.Errorf("with room again a result over the limit ends with %q", text[max(0, len(text)-200):])
	}
}

// TestPinOnAFullDisk: what was approved stays approved when no more can be.
func TestPinOnAFullDisk(t *testing.T) {
	w := newWorld(t, "")
	disk := fault.SmallDisk(t, w.Dirs.Config, 4<<20)
	w.Registry(fake + "  other: {command: @fake, share: global}\n")
	w.MustLoom("start")
	w.MustLoom("pin", "fake")
	file := filepath.Join(w.Dirs.Config, "pins.json")
	before := w.Files()[file]
	disk.Fill(0)
	if out := w.Loom("pin", "other"); out.Code == 0 || !strings.Contains(out.Stderr, "no space left on device") {
		t.Errorf("loom pin on a full disk ends with %d: %s", out.Code, out.Stderr)
	}
	if now := w.Files()[file]; now != before || now == "" {
		t.Errorf("pins.json became %q from %q", now, before)
	}
	disk.Free()
	w.MustLoom("pin", "other")
	if now := w.Files()[file]; !strings.Contains(now, `"other"`) || !strings.Contains(now, `"fake"`) {
		t.Errorf("with room again pins.json is %s", now)
	}
}
