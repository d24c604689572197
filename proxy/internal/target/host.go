package target

import (
	"cmp"
	"path/filepath"
)

// Host is what paths depend on.
type Host struct {
	OS     string // GOOS: linux or darwin
	Home   string
	Config string // $XDG_CONFIG_HOME, else Home/.config

	CodexHome, CopilotHome string // $CODEX_HOME and $COPILOT_HOME; may be empty

	// Windows is where a Windows that this Linux runs in (WSL2) has the user's
	// folder, such as /mnt/c/Users/me. Empty elsewhere.
	Windows string
	Distro  string // $WSL_DISTRO_NAME
}

func (h Host) home(parts ...string) string {
	return filepath.Join(append([]string{h.Home}, parts...)...)
}

func (h Host) config(parts ...string) string {
	return filepath.Join(append([]string{cmp.Or(h.Config, h.home(".config"))}, parts...)...)
}

// support is a folder of a desktop program: its own place on each system. On
// WSL2 the program is one of Windows.
func (h Host) support(parts ...string) []string {
	join := func(base ...string) string { return filepath.Join(append(base, parts...)...) }
	switch {
	case h.OS == "darwin":
		return []string{join(h.Home, "Library", "Application Support")}
	case h.Windows != "":
		return []string{join(h.Windows, "AppData", "Roaming"), join(h.config())}
	}
	return []string{join(h.config())}
}

// homes is a file or folder in the user's own: on WSL2 first in the one of Windows,
// where the programs with windows are.
func (h Host) homes(parts ...string) []string {
	if h.Windows == "" {
		return []string{h.home(parts...)}
	}
	return []string{filepath.Join(append([]string{h.Windows}, parts...)...), h.home(parts...)}
}

// codeUser is a folder of VS Code's user, and the same of its Insiders.
func (h Host) codeUser(parts ...string) []string {
	var folders []string
	for _, edition := range []string{"Code", "Code - Insiders"} {
		folders = append(folders, h.support(append([]string{edition, "User"}, parts...)...)...)
	}
	return folders
}

// ForWindows reports that a file belongs to a program of Windows, which starts
// loom through wsl.exe.
func (h Host) ForWindows(path string) bool {
	if h.Windows == "" {
		return false
	}
	rel, err := filepath.Rel(h.Windows, path)
	return err == nil && filepath.IsLocal(rel)
}
