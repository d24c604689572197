package target

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// ThisHost is the machine that loom runs on.
func ThisHost() (Host, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return Host{}, err
	}
	h := Host{OS: runtime.GOOS, Home: home, CodexHome: os.Getenv("CODEX_HOME"), CopilotHome: os.Getenv("COPILOT_HOME")}
	if dir := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		h.Config = dir
	}
	if h.Distro = os.Getenv("WSL_DISTRO_NAME"); h.Distro != "" {
		h.Windows = windowsHome(os.Getenv("PATH"))
	}
	return h, nil
}

// windowsHome finds the user's folder of Windows in the PATH that it hands to
// WSL: …/Users/NAME/AppData/… is on it after any usual set-up.
func windowsHome(path string) string {
	for _, dir := range filepath.SplitList(path) {
		head, _, found := strings.Cut(dir, "/AppData/")
		if found && strings.HasPrefix(head, "/mnt/") && strings.EqualFold(filepath.Base(filepath.Dir(head)), "users") {
			return head
		}
	}
	return ""
}

// UserFile is the client's file on h: the first that is there, else the one that
// it would read. It is empty for a client that has none.
func (t Target) UserFile(h Host) string {
	if t.User == nil {
		return ""
	}
	return first(t.User(h))
}

// ProjectFile is the client's file in a project's folder, empty if it has none.
func (t Target) ProjectFile(dir string) string {
	paths := make([]string, len(t.Project))
	for i, p := range t.Project {
		paths[i] = filepath.Join(dir, p)
	}
	return first(paths)
}

// Source is a file in which a client looks for servers.
type Source struct {
	Path    string
	Of      Target // whose file it is, which is how it is read
	Project bool
	Local   bool // the part of the user's file that is for one project
}

// Sources are the files in which the client looks for servers in a project's
// folder: its own and those of others.
func (t Target) Sources(h Host, dir string) []Source {
	var all []Source
	add := func(of Target, project bool) {
		path := of.UserFile(h)
		if project {
			path = of.ProjectFile(dir)
		}
		if path != "" && !slices.ContainsFunc(all, func(s Source) bool { return s.Path == path }) {
			all = append(all, Source{Path: path, Of: of, Project: project})
		}
	}
	add(t, false)
	if t.Local != nil && len(all) > 0 {
		local := all[0]
		local.Of.Key, local.Local = t.Local(dir), true
		all = append(all, local)
	}
	add(t, true)
	for _, other := range t.AlsoReads {
		if of, ok := Find(other.ID); ok {
			add(of, other.Project)
		}
	}
	return all
}

func first(paths []string) string {
	for _, path := range paths {
		if _, err := os.Lstat(path); err == nil {
			return path
		}
	}
	for _, path := range paths { // a program of Windows that is not there has no folder there
		if _, err := os.Stat(filepath.Dir(path)); err == nil {
			return path
		}
	}
	if len(paths) == 0 {
		return ""
	}
	return paths[0]
}

// Installed reports that there are signs of the client on h: its file, a folder of
// its own, or its program on the PATH.
func (t Target) Installed(h Host) bool {
	var signs []string
	if t.User != nil {
		signs = t.User(h)
	}
	if t.Folders != nil {
		signs = append(signs, t.Folders(h)...)
	}
	for _, path := range signs {
		if _, err := os.Lstat(path); err == nil {
			return true
		}
	}
	for _, program := range t.Programs {
		if _, err := exec.LookPath(program); err == nil {
			return true
		}
	}
	return false
}
