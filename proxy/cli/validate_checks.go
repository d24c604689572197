package cli

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/loom-core/loom/core/environ"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/launch"
	"github.com/loom-core/loom/proxy/internal/plaintext"
	"github.com/loom-core/loom/proxy/internal/snippet"
	"github.com/loom-core/loom/proxy/internal/target"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/process"
)

// namesOnly gives every secret its name: whether it is set is another question.
type namesOnly struct{ env map[string]string }

func (n namesOnly) Env(name string) (string, bool) {
	v, ok := n.env[name]
	return v, ok
}
func (namesOnly) Secret(_ context.Context, name string) (secret.Value, error) {
	return secret.NewValue(name), nil
}
func (namesOnly) SecretFile(_ context.Context, name string) (string, error) { return name, nil }

// checkStart looks whether each server's command and variables are there, in the
// environment that was saved for loomd, else in this shell's.
func checkStart(ctx context.Context, reg *registry.Registry, dirs localsock.Dirs, env []string, all *flaws) {
	saved, err := environ.Read(dirs.SavedEnvironment())
	if err != nil || saved == nil {
		saved = map[string]string{}
		for _, kv := range env {
			if name := variableName(kv); name != "" {
				saved[name] = kv[len(name)+1:]
			}
		}
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(saved)) {
		list = append(list, name+"="+saved[name])
	}
	host := process.Host{Program: "loomd", Environ: environ.Pass(list), Dir: os.TempDir()}
	if binary, err := launch.Find(dirs); err == nil {
		host.Beside = filepath.Dir(binary)
	}
	said := inherited{}
	for _, s := range reg.Servers {
		if !s.Enabled || s.URL != "" {
			continue
		}
		_, err := process.Resolve(ctx, s, host, namesOnly{saved})
		if err != nil && said.before(s, err.Error()) {
			continue
		}
		var notFound *process.NotFoundError
		var missing *secret.MissingError
		switch {
		case err == nil:
		case errors.As(err, &notFound):
			all.add(severityError, s.Pos, "install it; or, if this shell has it: loom env save", "server %s: %v", s.ID(), err)
		case errors.As(err, &missing):
			all.add(severityError, s.Pos, "export "+missing.Ref.Name+"=… && loom env save", "server %s: the variable %s is not set in the environment of loomd", s.ID(), missing.Ref.Name)
		default:
			all.add(severityError, s.Pos, "", "server %s: %v", s.ID(), err)
		}
	}
}

// inherited are flaws of servers by what they say: what a client has in place of a
// server mostly has the same ones.
type inherited map[[2]string]bool

func (i inherited) before(s registry.Server, what string) bool {
	key := [2]string{string(s.Name), what}
	said := i[key]
	i[key] = true
	return said
}

// checkSecrets asks the index alone: no keyring is opened for it.
func (opts *ValidateOptions) checkSecrets(reg *registry.Registry, all *flaws) error {
	wanted := false
	for _, s := range reg.Servers {
		wanted = wanted || s.Enabled && len(s.SecretRefs()) > 0
	}
	if !wanted {
		return nil
	}
	ring, err := opts.open()
	if err != nil {
		all.add(severityWarning, registry.Position{}, "", "whether secrets are set is not known: %v", err)
		return nil
	}
	items, err := ring.List()
	if err != nil {
		return err
	}
	env := secret.FromEnv(func(name string) (string, bool) {
		for _, kv := range opts.Env {
			if variableName(kv) == name {
				return kv[len(name)+1:], true
			}
		}
		return "", false
	})
	said := inherited{}
	for _, s := range reg.Servers {
		if !s.Enabled {
			continue
		}
		for _, ref := range s.SecretRefs() {
			if _, err := env.Get(context.Background(), ref.Name); err != nil && !ref.Optional && !hasItem(items, ref.Name) && !said.before(s, ref.Name) {
				all.add(severityError, s.Pos, "loom secret set "+ref.Name, "server %s: the secret %s is not set", s.ID(), ref.Name)
			}
		}
	}
	return nil
}

// checkProfiles finds those that give nothing.
func checkProfiles(reg *registry.Registry, all *flaws) {
	for _, name := range slices.Sorted(maps.Keys(reg.Profiles)) {
		p := reg.Profiles[name]
		gives := slices.ContainsFunc(reg.Servers, func(s registry.Server) bool { return s.Enabled && p.Allows(s) })
		if !gives && len(reg.Servers) > 0 {
			all.add(severityWarning, p.Pos, "loom profile show "+name, "profile %s gives no server that is on", name)
		}
	}
}

// checkTargets finds those of clients that Loom does not know. A client may be called
// anything in --client; but one that is mistyped gets what all others do.
func checkTargets(reg *registry.Registry, all *flaws) {
	for _, s := range reg.Servers {
		if _, known := target.Find(s.Client); s.Client == "" || known {
			continue
		}
		hint := "loom sync all --dry-run lists the clients"
		if near := nearest(s.Client, targetIDs()); len(near) > 0 {
			hint = "did you mean " + near[0] + "?"
		}
		all.add(severityWarning, s.Pos, hint, "server %s has a target for %q, and Loom knows no client of that name", s.Name, s.Client)
	}
}

// longestName is what the tightest client takes of server__tool (Gemini CLI 0.61.0: 63
// with its own prefix).
const longestName = 52

// checkTools compares rules and limits with what the servers define.
func checkTools(ctx context.Context, conn *Conn, reg *registry.Registry, all *flaws) error {
	var raw loomrpc.ToolsReply
	if err := conn.Call(ctx, loomrpc.MethodTools, loomrpc.ToolsQuery{Raw: true}, &raw); err != nil {
		return err
	}
	tools := map[string][]string{} // with those that single clients have in place of a server
	for _, t := range raw.Tools {
		base := registry.BaseOf(t.Server)
		tools[base] = append(tools[base], t.Tool)
	}
	for _, s := range reg.Servers {
		if len(tools[string(s.Name)]) == 0 || s.Client != "" {
			continue // off, or not known; or it has the same rules
		}
		for _, rule := range s.Tools {
			if !slices.ContainsFunc(tools[string(s.Name)], rule.Matches) {
				all.add(severityWarning, rule.Pos, "loom tools --server "+string(s.Name), "the rule for %q matches no tool of %s", rule.Pattern, s.Name)
			}
		}
	}
	long := map[string]bool{}
	for _, t := range raw.Tools {
		base := registry.BaseOf(t.Server)
		s, known := reg.Server(registry.ServerName(base))
		if name := base + separator + t.Tool; known && len(name) > longestName && !long[name] {
			long[name] = true
			all.add(severityWarning, s.Pos, "a shorter one: tools: {"+t.Tool+": {alias: …}}", "%s has %d characters, and clients see it cut to %d, with a hash: some take no more", name, len(name), longestName)
		}
	}
	for _, t := range target.All() {
		if t.MaxTools == 0 {
			continue
		}
		profile, err := reg.ProfileFor(t.ID, "")
		if _, named := reg.Clients[t.ID]; err != nil || !named && !reg.HasTargets(t.ID) {
			continue
		}
		var seen loomrpc.ToolsReply
		if err := conn.Call(ctx, loomrpc.MethodTools, loomrpc.ToolsQuery{Client: t.ID, Profile: profileName(reg, t.ID)}, &seen); err != nil {
			return err
		}
		if len(seen.Tools) > t.MaxTools {
			all.add(severityWarning, profile.Pos, "loom tools --tokens shows what nobody calls; or tools: search in its profile", "%s sees %d tools, and takes at most %d", t.Name, len(seen.Tools), t.MaxTools)
		}
	}
	return nil
}

func profileName(reg *registry.Registry, client string) string {
	if p := reg.Clients[client].Profile; p != "" {
		return p
	}
	return registry.DefaultProfile
}

// plain looks for secrets that stand in the files as they are: by their shape, and by
// the names of variables and headers.
func (opts *ValidateOptions) plain(ctx context.Context, paths []string, all *flaws) error {
	program, err := opts.Scan()
	if err != nil {
		all.add(severityWarning, registry.Position{}, "make install", "secrets in plain text were looked for by the names of variables alone: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		lines := map[int]bool{}
		report := func(at registry.Position, what string) {
			if !lines[at.Line] {
				lines[at.Line] = true
				all.add(severityError, at, "loom secret set NAME, and ${secret:NAME} in its place; then give the old one back to whoever issued it", "a secret in plain text (%s)", what)
			}
		}
		if program != "" {
			found, err := plaintext.Scan(ctx, program, text)
			if err != nil {
				return err
			}
			for _, f := range found {
				report(registry.Position{File: path, Line: f.Line, Column: f.Column}, f.What)
			}
		}
		for _, v := range registry.Values(path, text) {
			if !v.HasReference && snippet.IsSecret(v.Name, v.Text) {
				report(v.Pos, "the value of "+v.Name)
			}
		}
	}
	return nil
}
