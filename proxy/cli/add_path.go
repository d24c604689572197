package cli

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/core/environ"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/launch"
	"github.com/loom-core/loom/registry"
)

// installers are what most servers are started with, and what each of them is part of.
var installers = map[string]string{
	"npx": "Node.js", "node": "Node.js", "uvx": "uv (https://docs.astral.sh/uv)", "uv": "uv (https://docs.astral.sh/uv)",
	"docker": "Docker", "podman": "Podman", "bunx": "Bun", "bun": "Bun", "deno": "Deno", "pipx": "pipx", "python3": "Python", "go": "Go",
}

// checkCommand warns about a program that loomd will not find. loomd has the PATH
// that was saved, which may be another than this shell's.
func (opts *AddOptions) checkCommand(entry registry.New) error {
	template, err := secret.Parse(entry.Command)
	if err != nil {
		return nil // the registry was checked
	}
	command, whole := template.Literal()
	if !whole || command == "" || strings.Contains(command, "/") {
		return nil
	}
	dirs, err := opts.Dirs()
	if err != nil {
		return err
	}
	if loomd, err := launch.Find(dirs); err == nil && launch.IsProgram(filepath.Join(filepath.Dir(loomd), command)) {
		return nil
	}
	here := onPath(command, os.Getenv("PATH"))
	saved, err := environ.Read(dirs.SavedEnvironment())
	if err != nil { // none is saved yet: loomd gets this shell's
		saved = map[string]string{"PATH": os.Getenv("PATH")}
	}
	switch what, known := installers[command]; {
	case onPath(command, saved["PATH"]) != "":
	case here != "":
		opts.IO.Note("%s is on the PATH of this shell (%s), and not on the one that is saved for loomd", command, here)
		opts.IO.Hint("loom env save && loom stop && loom start")
	case known:
		opts.IO.Note("there is no %s on PATH", command)
		opts.IO.Hint("install %s, then: loom env save && loom stop && loom start", what)
	default:
		opts.IO.Note("there is no %s on PATH, nor beside loomd", command)
		opts.IO.Hint("install it, or write where it is: an absolute path")
	}
	return nil
}

// onPath is where a program is, or empty.
func onPath(command, path string) string {
	for _, dir := range filepath.SplitList(path) {
		if place := filepath.Join(dir, command); filepath.IsAbs(place) && launch.IsProgram(place) {
			return place
		}
	}
	return ""
}
