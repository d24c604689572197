package rules

import (
	"path/filepath"
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

// Location is where a client may have rules.
type Location struct {
	Path   string
	Below  string // an ending: Path is a folder, and the files in it and below with that ending are meant
	Format configfile.Format
	Owner  Owner
	Dir    string
}

// Locations are where a client has its rules, on a host and in the folders of projects.
// A path comes once; one that is a user's and a project's, as in a home that is a
// project, is the user's.
func Locations(id string, h target.Host, projects []string) []Location {
	locations := clientOf(id).locations
	if locations == nil {
		return nil
	}
	var out []Location
	for _, l := range locations(finder{h, projects}) {
		if !slices.ContainsFunc(out, func(o Location) bool { return o.Path == l.Path && o.Below == l.Below }) {
			out = append(out, l)
		}
	}
	return out
}

// finder makes locations.
type finder struct {
	host     target.Host
	projects []string
}

func (f finder) home(format configfile.Format, path ...string) Location {
	return Location{Path: filepath.Join(append([]string{f.host.Home}, path...)...), Format: format, Owner: User}
}

// config is below the user's folder of settings.
func (f finder) config(format configfile.Format, path ...string) Location {
	dir := f.host.Config
	if dir == "" {
		dir = filepath.Join(f.host.Home, ".config")
	}
	return Location{Path: filepath.Join(append([]string{dir}, path...)...), Format: format, Owner: User}
}

// each is a file of every project.
func (f finder) each(format configfile.Format, owner Owner, path ...string) []Location {
	var out []Location
	for _, dir := range f.projects {
		out = append(out, Location{Path: filepath.Join(append([]string{dir}, path...)...), Format: format, Owner: owner, Dir: dir})
	}
	return out
}

// managed is a file of whoever looks after the machine: at one place on Linux, at
// another on macOS.
func (f finder) managed(format configfile.Format, linux, darwin string, path ...string) Location {
	base := linux
	if f.host.OS == "darwin" {
		base = darwin
	}
	return Location{Path: filepath.Join(append([]string{base}, path...)...), Format: format, Owner: Managed}
}

// below are the files of a folder with an ending.
func below(ending string, l Location) Location {
	l.Below = ending
	return l
}
