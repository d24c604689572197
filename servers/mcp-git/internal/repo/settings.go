package repo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/mcp-git/internal/allow"
	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

// setting is one entry of a git configuration, the key in git's canonical form.
type setting struct{ key, value string }

// settings are the entries of the repository's own configuration files, read
// as text: includes are not followed and nothing in them takes effect.
type settings []setting

// facts are the keys that the view takes over. Each describes the repository
// or the file system; none names a file, a program or an address.
var facts = []string{
	"core.repositoryformatversion",
	"core.filemode",
	"core.symlinks",
	"core.ignorecase",
	"core.precomposeunicode",
	"core.autocrlf",
	"core.eol",
	"core.trustctime",
	"core.checkstat",
}

const configMax = 1 << 20

// readSettings lists the configuration with `git config --file`, which opens
// that file and no other.
func readSettings(ctx context.Context, g *git.Git, dirs allow.Dirs, p place, view string) (settings, error) {
	all, err := readConfigFile(ctx, g, dirs, view, filepath.Join(p.common, "config"))
	if err != nil {
		return nil, err
	}
	if !all.isTrue("extensions.worktreeconfig") {
		return all, nil
	}
	own, err := readConfigFile(ctx, g, dirs, view, filepath.Join(p.gitDir, "config.worktree"))
	return append(all, own...), err
}

func readConfigFile(ctx context.Context, g *git.Git, dirs allow.Dirs, view, file string) (settings, error) {
	if _, err := os.Lstat(file); err != nil {
		return nil, nil
	}
	text, err := readSmall(dirs, file, configMax)
	if err != nil {
		return nil, err
	}
	// A copy, because the file could be another one when git opens it.
	copied := filepath.Join(view, "config.theirs")
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		return nil, fmt.Errorf("copying %s: %w", file, err)
	}
	defer os.Remove(copied)
	var all settings
	err = g.Stream(ctx, git.Command{
		GitDir: view,
		Args:   []string{"config", "--file", copied, "--no-includes", "--null", "--list"},
	}, func(r *git.Reader) error {
		for {
			entry, err := r.Field()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			key, value, hasValue := strings.Cut(entry, "\n")
			if !hasValue {
				value = "true"
			}
			all = append(all, setting{key, value})
		}
	})
	if err != nil {
		return nil, &Error{Kind: Unsupported, Message: fmt.Sprintf("reading %s: %v", file, asked(err))}
	}
	return all, nil
}

// get is the last value of key, which is the one that counts in git.
func (s settings) get(key string) (string, bool) {
	for _, e := range slices.Backward(s) {
		if e.key == key {
			return e.value, true
		}
	}
	return "", false
}

func (s settings) isTrue(key string) bool {
	v, _ := s.get(key)
	return slices.Contains([]string{"true", "yes", "on", "1"}, strings.ToLower(v))
}

// filters are the names of the drivers that would rewrite files on their way
// into the repository. They do not run here, so a status can differ.
func (s settings) filters() []string {
	var names []string
	for _, e := range s {
		if name, ok := strings.CutPrefix(e.key, "filter."); ok {
			if i := strings.LastIndexByte(name, '.'); i > 0 && !slices.Contains(names, name[:i]) {
				names = append(names, name[:i])
			}
		}
	}
	return names
}

// checkWorktree refuses a core.worktree that names another folder than the one
// in which the repository was found. Submodules have one that agrees.
func (s settings) checkWorktree(p place) error {
	value, ok := s.get("core.worktree")
	if !ok {
		return nil
	}
	dir := value
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(p.gitDir, dir)
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil && real == p.worktree {
		return nil
	}
	return &Error{
		Kind:    Denied,
		Message: fmt.Sprintf("core.worktree of the repository in %s points elsewhere (%s)", p.gitDir, value),
		Hint:    "mcp-git reads a repository only together with the folder that it lies in",
	}
}

// config is the text of the view's configuration.
func (s settings) config(p place) (string, error) {
	var b strings.Builder
	write := func(key, value string) { writeSetting(&b, key, value) }
	write("core.bare", fmt.Sprint(p.worktree == ""))
	for _, e := range s {
		name, isExtension := strings.CutPrefix(e.key, "extensions.")
		switch {
		case slices.Contains(facts, e.key), isTracking(e.key):
			write(e.key, e.value)
		case !isExtension, name == "partialclone", name == "worktreeconfig":
		case name == "refstorage" && e.value != "files" && e.value != "reftable":
			return "", &Error{Kind: Unsupported, Message: "the refs of the repository are stored elsewhere: " + e.value}
		default:
			// An extension that git does not know must still stop it.
			write(e.key, e.value)
		}
	}
	return b.String(), nil
}

// isTracking is for the keys that say which branch follows which.
func isTracking(key string) bool {
	return strings.HasPrefix(key, "branch.") && (strings.HasSuffix(key, ".merge") || strings.HasSuffix(key, ".remote")) ||
		strings.HasPrefix(key, "remote.") && strings.HasSuffix(key, ".fetch")
}

var quoteConfig = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "\b", `\b`)

func writeSetting(b *strings.Builder, key, value string) {
	first, last := strings.IndexByte(key, '.'), strings.LastIndexByte(key, '.')
	fmt.Fprintf(b, "[%s", key[:first])
	if first != last {
		// In a subsection only these two are escaped, and it has no newline.
		name := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key[first+1 : last])
		fmt.Fprintf(b, " \"%s\"", name)
	}
	fmt.Fprintf(b, "]\n\t%s = \"%s\"\n", key[last+1:], quoteConfig.Replace(value))
}
