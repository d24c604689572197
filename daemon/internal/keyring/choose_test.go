package keyring

import (
	"context"
	"strings"
	"testing"

	core "github.com/loom-core/loom/core/keyring"
)

// fakes puts backends in place of the real ones.
func fakes(t *testing.T, states map[core.Backend]state) {
	real := backends
	t.Cleanup(func() { backends = real })
	backends = map[core.Backend]backend{}
	for name, s := range states {
		backends[name] = backend{look: func(context.Context, core.Request) state { return s }}
	}
}

func TestChoose(t *testing.T) {
	there, locked := state{available: true}, state{available: true, locked: true}
	silent := state{err: fail(core.CodeTimeout, "it does not answer")}
	nocgo := state{err: fail(core.CodeNoBackend, "built without cgo")}
	for name, tc := range map[string]struct {
		states map[core.Backend]state
		want   core.Backend
		code   core.Code
	}{
		"none":                     {nil, "", core.CodeNoBackend},
		"keyctl is never chosen":   {map[core.Backend]state{core.KeyCtl: there}, "", core.CodeNoBackend},
		"the first":                {map[core.Backend]state{core.SecretService: there, core.Pass: there, core.File: there}, core.SecretService, ""},
		"the next":                 {map[core.Backend]state{core.SecretService: {why: "no bus"}, core.Pass: there, core.File: there}, core.Pass, ""},
		"a locked one stays":       {map[core.Backend]state{core.SecretService: locked, core.Pass: there, core.File: there}, core.SecretService, ""},
		"a silent one stays":       {map[core.Backend]state{core.SecretService: silent, core.Pass: there, core.File: there}, core.SecretService, core.CodeTimeout},
		"a Mac without cgo":        {map[core.Backend]state{core.Keychain: nocgo, core.Pass: there, core.File: there}, core.Keychain, core.CodeNoBackend},
		"the file, once it is set": {map[core.Backend]state{core.File: locked}, core.File, ""},
	} {
		fakes(t, tc.states)
		got, err := choose(core.Request{Dir: "/d"})
		if got != tc.want {
			t.Errorf("%s: chose %q, want %q", name, got, tc.want)
		}
		if tc.code != "" {
			wantFailure(t, err, tc.code, "")
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, p := range probe(core.Request{Dir: "/d"}) {
			if p.Automatic != (p.Backend == tc.want && tc.code == "") {
				t.Errorf("%s: probe says %+v", name, p)
			}
		}
	}
}

// TestPanic: what the library panics with does not get out.
func TestPanic(t *testing.T) {
	fakes(t, nil)
	backends[core.Pass] = backend{look: func(context.Context, core.Request) state { panic("c4n4ry") }}
	for _, backend := range []string{"", `"backend":"pass",`} {
		if reply := answer(strings.NewReader(`{"op":"list",` + backend + `"dir":"/d"}`)); reply.Error == nil || reply.Error.Message != "the library that speaks to keyrings panicked" {
			t.Errorf("got %+v", reply.Error)
		}
	}
	for _, p := range probe(core.Request{Dir: "/d"}) {
		if p.Backend == core.Pass && p.Why != "the library that speaks to pass panicked" {
			t.Errorf("got %+v", p)
		}
	}
}
