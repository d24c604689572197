package testbed_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/loom-core/loom/registry"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestDocumentedRegistries: what the docs show is a registry that loads.
func TestDocumentedRegistries(t *testing.T) {
	for _, file := range []string{"../README.md", "../docs/USER_GUIDE.md"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		blocks := yamlBlock.FindAllStringSubmatch(string(raw), -1)
		if len(blocks) == 0 {
			t.Errorf("%s shows no registry", file)
		}
		for _, b := range blocks {
			if !strings.Contains(b[1], "servers:") {
				continue
			}
			_, err := registry.Parse(file, []byte(b[1]))
			if strings.Contains(b[1], "projects: deny") {
				_, err = registry.ParsePolicy(file, []byte(b[1]))
			}
			if strings.HasPrefix(b[1], "# .loom/registry.yaml") {
				_, err = registry.ParseProject("/project", []byte(b[1]))
			}
			if err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

var makeTarget = regexp.MustCompile(`(?m)^(make [a-z0-9-]+|loom [a-z-]+)`)

// TestDocumentedCommands: each command of a shell block is one that exists.
func TestDocumentedCommands(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, "")
	for _, file := range []string{"../README.md", "../docs/USER_GUIDE.md", "../docs/DEVELOPER_GUIDE.md", "../docs/TESTING.md"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(raw), -1) {
			for _, command := range makeTarget.FindAllString(block[1], -1) {
				program, verb, _ := strings.Cut(command, " ")
				if program == "make" {
					if !strings.Contains(string(makefile), "\n"+verb+":") {
						t.Errorf("%s: there is no make %s", file, verb)
					}
				} else if out := w.Loom(verb, "--help"); !strings.Contains(out.Stdout, "loom "+verb) {
					t.Errorf("%s: loom %s --help says %+v", file, verb, out)
				}
			}
		}
	}
}
