package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// pkg is what go list says of a package, its own word for both names.
type pkg struct {
	ImportPath string
	Imports    []string
	Module     struct{ Path string }
}

// list asks for the packages of the workspace as they are on one platform, so
// that the graphs are the same wherever they are made.
func list(root string) ([]pkg, error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Module", "work")
	cmd.Dir = root
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "GOWORK=") { // the generator itself runs with GOWORK=off
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "GOOS=linux", "GOARCH=amd64")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	raw, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the packages: %w\n%s", err, stderr.Bytes())
	}
	return decode(bytes.NewReader(raw))
}

func decode(r io.Reader) ([]pkg, error) {
	var out []pkg
	for dec := json.NewDecoder(r); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading go list: %w", err)
		}
		out = append(out, p)
	}
}
