package registry

import (
	"bytes"
	"strings"
	"testing"
)

func TestOverrideFor(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		on       bool
		want     string
	}{
		{"of another layer", "", false, "version: 1\nservers:\n  a: {targets: {codex: {enabled: false}}}\n"},
		{"of another layer, beside others", "servers:\n  b: {command: y} # b\n# end\n", true, "servers:\n  b: {command: y} # b\n  a: {targets: {codex: {enabled: true}}}\n# end\n"},
		{"no targets", "servers:\n  a: # mine\n    # what\n    command: x\n", false, "servers:\n  a: # mine\n    targets:\n      codex: {enabled: false}\n    # what\n    command: x\n"},
		{"in braces", "servers:\n  a: {command: x} # mine\n", false, "servers:\n  a: {targets: {codex: {enabled: false}}, command: x} # mine\n"},
		{"empty targets", "servers:\n  a:\n    command: x\n    targets: # who\n", false, "servers:\n  a:\n    command: x\n    targets: {codex: {enabled: false}} # who\n"},
		{"empty braces", "servers:\n  a: {command: x, targets: {}}\n", false, "servers:\n  a: {command: x, targets: {codex: {enabled: false}}}\n"},
		{"other clients", "servers:\n  a:\n    command: x\n    targets:\n      # of zed\n      zed: {args: [y]} # zed\n", false, "servers:\n  a:\n    command: x\n    targets:\n      codex: {enabled: false}\n      # of zed\n      zed: {args: [y]} # zed\n"},
		{"other clients, in braces", "servers: {a: {command: x, targets: {zed: {args: [y]}}}}\n", true, "servers: {a: {command: x, targets: {codex: {enabled: true}, zed: {args: [y]}}}}\n"},
		{"its own", "servers:\n  a:\n    command: x\n    targets:\n      'codex':\n        # what\n        args: [y] # why\n        env: {A: null}\n", false, "servers:\n  a:\n    command: x\n    targets:\n      'codex':\n        enabled: false\n        # what\n        args: [y] # why\n        env: {A: null}\n"},
		{"its own, in braces", "servers:\n  a:\n    command: x\n    targets: {codex: {args: [y]}}\n", false, "servers:\n  a:\n    command: x\n    targets: {codex: {enabled: false, args: [y]}}\n"},
		{"turned over", "servers:\n  a:\n    command: x\n    enabled: false\n    targets:\n      codex: {args: [y], enabled: false} # why\n", true, "servers:\n  a:\n    command: x\n    enabled: false\n    targets:\n      codex: {args: [y], enabled: true} # why\n"},
		{"as it is", "servers: {a: {command: x, targets: {codex: {enabled: true}}}}", true, "servers: {a: {command: x, targets: {codex: {enabled: true}}}}"},
		{"no line end", "servers:\n  a:\n    command: x\n    targets:\n      codex: {enabled: true}", false, "servers:\n  a:\n    command: x\n    targets:\n      codex: {enabled: false}"},
		{"CRLF", "servers:\r\n  a:\r\n    command: x\r\n", false, "servers:\r\n  a:\r\n    targets:\r\n      codex: {enabled: false}\r\n    command: x\r\n"},
		{"JSON", `{"servers": {"a": {"command": "x"}}}`, false, `{"servers": {"a": {"targets": {"codex": {"enabled": false}}, "command": "x"}}}`},
		{"JSON, other clients", `{"servers": {"a": {"command": "x", "targets": {"zed": {"args": []}}}}}`, false, `{"servers": {"a": {"command": "x", "targets": {"codex": {"enabled": false}, "zed": {"args": []}}}}}`},
		{"JSON, of another layer", `{"version": 1}`, false, `{"servers": {"a": {"targets": {"codex": {"enabled": false}}}}, "version": 1}`},
	} {
		got, change, err := OverrideFor([]byte(tc.in), "a", "codex", tc.on)
		if (err == nil) != (tc.want != "") || err == nil && (string(got) != tc.want || change.None() != (tc.in == tc.want)) {
			t.Errorf("%s: %v, %+v\n got %q\nwant %q", tc.name, err, change, got, tc.want)
		}
	}
	_, change, err := OverrideFor([]byte("servers:\n  a:\n    command: x\n"), "a", "1", false)
	if want := (Change{Server: "a", Line: 3, What: `set targets: {"1": {enabled: false}}`}); err != nil || change != want {
		t.Errorf("%v, %+v, want %+v", err, change, want)
	}
}

func TestOverrideForRefuses(t *testing.T) {
	for _, tc := range []struct{ in, name, client, want string }{
		{"", "a", "a b", `invalid name of a client "a b"`},
		{"", "A", "codex", `invalid name of a server "A"`},
		{"servers: {a: {comand: x}}", "a", "codex", `registry.yaml:1:15: unknown key "comand"`},
		{"servers:\n  ? a\n  : command: x\n", "a", "codex", "switching a for codex: line 2 cannot be edited without disturbing the rest: write targets: {codex: {enabled: false}} into the entry by hand"},
		{"version: 1\n...\n", "a", "codex", "switching a for codex: the file cannot be edited without disturbing the rest: write a: {targets: {codex: {enabled: false}}} under servers by hand"},
	} {
		if got, _, err := OverrideFor([]byte(tc.in), ServerName(tc.name), tc.client, false); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%q: %q, %v\nwant %s", tc.in, got, err, tc.want)
		}
	}
}

// An entry with nothing but a target is enough for a server of an earlier layer, and
// for one that no layer has it is a mistake that loading shows.
func TestOverrideForOfAnotherLayer(t *testing.T) {
	s := disk(t, map[string]string{"etc/registry.d/a.yaml": "servers: {corp: {command: x, targets: {codex: {args: [y]}}}, git: {from: shipped}, off: {command: x, enabled: false}}\n"})
	data := []byte("# mine\n")
	for name, on := range map[ServerName]bool{"corp": false, "git": false, "off": true} {
		var err error
		if data, _, err = OverrideFor(data, name, "codex", on); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.LoadWith(data)
	if err != nil {
		t.Fatal(err)
	}
	for name, on := range map[ServerName]bool{"corp": false, "git": false, "off": true} {
		all, _ := r.Server(name)
		if own, _ := r.ServerFor("codex", name); own.Enabled != on || all.Enabled == on {
			t.Errorf("%s is %v for codex and %v for others", name, own.Enabled, all.Enabled)
		}
	}
	if own, _ := r.ServerFor("codex", "corp"); len(own.Args) != 1 {
		t.Errorf("what the machine's target says is gone: %+v", own)
	}
	for _, name := range []ServerName{"nobody", "prometheus"} {
		after, _, err := OverrideFor(data, name, "codex", false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.LoadWith(after); err == nil || !strings.Contains(err.Error(), "has neither a command nor a url") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzOverrideFor: an edit that succeeds gives the client the server as asked, and
// nothing to do the second time.
func FuzzOverrideFor(f *testing.F) {
	for _, data := range corpus(f, false) {
		f.Add(data, "a", "codex", true)
		f.Add(data, "git", "zed", false)
	}
	for _, text := range handwritten {
		f.Add([]byte(text), "db", "zed", false)
		f.Add([]byte(text), "db", "codex", true)
	}
	f.Fuzz(func(t *testing.T, data []byte, name, client string, on bool) {
		got, change, err := OverrideFor(data, ServerName(name), client, on)
		if err != nil {
			return
		}
		if change.None() != bytes.Equal(data, got) {
			t.Fatalf("the change is %+v\n%q\n%q", change, data, got)
		}
		r, err := ParseLayer("f.yaml", got)
		if err != nil {
			t.Fatalf("%v\n%q\n%q", err, data, got)
		}
		if s, there := r.ServerFor(client, ServerName(name)); !there || s.Client != client || s.Enabled != on {
			t.Fatalf("it is %+v\n%q\n%q", s, data, got)
		}
		if again, change, err := OverrideFor(got, ServerName(name), client, on); err != nil || !change.None() || !bytes.Equal(again, got) {
			t.Fatalf("again: %+v, %v\n%q\n%q", change, err, got, again)
		}
	})
}
