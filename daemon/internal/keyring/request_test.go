package keyring

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	core "github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

func TestRefuses(t *testing.T) {
	for request, want := range map[string]string{
		``:                                       "not what this loom-keyring reads",
		`{"op":"get","dir":"/d","names":["a"]}{`: "not what",
		`{"op":"get","dir":"/d","names":["a"],"c4n4ry":1}`:             "not what",
		`{"op":"set","dir":"/d","names":["a"],"value":"c4n4ry!"}`:      "not what", // no base64
		`{"op":"get","dir":"d","names":["a"]}`:                         "absolute path",
		`{"op":"get","dir":"/d"}`:                                      "get takes names",
		`{"op":"get","dir":"/d","names":["../a"]}`:                     `"../a" is not a name`,
		`{"op":"set","dir":"/d","names":["a","b"],"value":"YQ=="}`:     "one name",
		`{"op":"set","dir":"/d","names":["a"]}`:                        "a value",
		`{"op":"drop","dir":"/d"}`:                                     `"drop" is not an operation`,
		`{"op":"list","dir":"/d","backend":"memory"}`:                  `"memory" is not a backend`,
		`{"op":"list","dir":"/d","names":["a"]}`:                       "neither names",
		`{"op":"unlock","dir":"/d","backend":"file"}`:                  "takes a passphrase",
		`{"op":"unlock","dir":"/d","backend":"pass","passphrase":"p"}`: "of the file backend",
		`{"op":"list","dir":"/d","create":true}`:                       "only unlock creates",
		strings.Repeat(" ", core.MaxRequest+1):                         "over",
	} {
		reply := answer(strings.NewReader(request))
		if reply.Error == nil || reply.Error.Code != core.CodeBadRequest || !strings.Contains(reply.Error.Message, want) || strings.Contains(reply.Error.Message, "c4n4ry") {
			t.Errorf("%.60q: %+v, want %q", request, reply.Error, want)
		}
	}
}

// TestLongest: the longest value, with as many names as there may be, fits.
func TestLongest(t *testing.T) {
	raw, err := json.Marshal(core.Request{Op: core.OpSet, Backend: core.SecretService, Dir: "/d", Names: []string{strings.Repeat("n", 128)}, Value: make([]byte, core.MaxValue), Passphrase: strings.Repeat("\x01", 4096)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseRequest(raw); err != nil {
		t.Error(err)
	}
}

func TestArguments(t *testing.T) {
	cmd := exec.Command(program(t), "get", "c4n4ry")
	cmd.Env = options(t).Env
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(out), "takes no arguments") || strings.Contains(string(out), "c4n4ry") {
		t.Errorf("%v: %s", err, out)
	}
}

// FuzzRequest: nothing panics, what is accepted is safe to be a file's name, and
// what is refused is not repeated.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"op":"set","backend":"file","dir":"/d","names":["a"],"value":"YQ==","passphrase":"p"}`))
	f.Add([]byte(`{"op":"probe","dir":"/d"}`))
	f.Add([]byte(`{"op":"unlock","backend":"file","dir":"/d","passphrase":"p","create":true} `))
	f.Fuzz(func(t *testing.T, raw []byte) {
		req, err := parseRequest(raw)
		if err != nil {
			var failed *failure
			if !errors.As(err, &failed) || failed.Code != core.CodeBadRequest {
				t.Fatalf("%q: %v", raw, err)
			}
			return
		}
		for _, name := range req.Names {
			if !secret.ValidName(name) || strings.ContainsAny(name, "/\x00") {
				t.Fatalf("%q: name %q", raw, name)
			}
		}
		if len(req.Value) > core.MaxValue || req.Create && req.Op != core.OpUnlock {
			t.Fatalf("%q: %+v", raw, req)
		}
	})
}
