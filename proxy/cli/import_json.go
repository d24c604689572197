package cli

import (
	"github.com/loom-core/loom/proxy/internal/rules"
)

// importJSON is what `loom import --dry-run --json` prints.
type importJSON struct {
	Servers []importedServer `json:"servers"`
	Left    []leftServer     `json:"left"`
	Files   []syncedFile     `json:"files"`
	Rules   []followingRule  `json:"rules"`
	Limits  []registryLimit  `json:"limits"` // that the registry gets
	Unread  []string         `json:"unreadable"`
}

type followingRule struct {
	Client string   `json:"client"`
	Place  string   `json:"place"`
	Key    string   `json:"key"`
	Old    string   `json:"old,omitempty"`
	New    []string `json:"new"`
	Kept   bool     `json:"kept"` // old stays beside new
}

type registryLimit struct {
	Client string   `json:"client"`
	Server string   `json:"server"`
	Deny   []string `json:"deny,omitempty"`
	Only   []string `json:"only,omitempty"`
}

type importedServer struct {
	Name    string           `json:"name"`
	Known   bool             `json:"known"` // the registry has it already
	Clients []string         `json:"clients"`
	Command []string         `json:"command,omitempty"`
	URL     string           `json:"url,omitempty"`
	Share   string           `json:"share,omitempty"`
	Reason  string           `json:"share_reason,omitempty"`
	Secrets []importedSecret `json:"secrets"`
	Lost    []string         `json:"lost,omitempty"`
}

type importedSecret struct {
	Name   string   `json:"name"`
	For    string   `json:"for"`
	Places []string `json:"places"` // file:line, where it stands in plaintext
}

type leftServer struct {
	Client string `json:"client"`
	Name   string `json:"name"`
	Place  string `json:"place"`
	Why    string `json:"why"`
}

func (p *importPlan) asJSON() importJSON {
	out := importJSON{Servers: []importedServer{}, Left: []leftServer{}, Files: []syncedFile{}, Rules: []followingRule{}, Limits: []registryLimit{}, Unread: append([]string{}, p.unreadable...)}
	for _, s := range p.servers() {
		one := importedServer{
			Name: string(s.Name), Known: s.Known, Clients: clientsOf(s), URL: s.New.URL,
			Share: string(s.New.Share), Reason: s.Reason, Secrets: []importedSecret{}, Lost: s.Lost,
		}
		if s.New.Command != "" {
			one.Command = append([]string{s.New.Command}, s.New.Args...)
		}
		for _, secret := range s.Secrets {
			is := importedSecret{Name: secret.Name, For: secret.For, Places: []string{}}
			for _, place := range secret.Places {
				is.Places = append(is.Places, place.String())
			}
			one.Secrets = append(one.Secrets, is)
		}
		out.Servers = append(out.Servers, one)
	}
	for _, l := range p.found.Left {
		out.Left = append(out.Left, leftServer{l.Item.File.Target.ID, l.Item.Name, l.Item.Place(), l.Why})
	}
	for _, c := range p.changes {
		out.Files = append(out.Files, syncedFile{
			Client: c.Target.ID, Proof: string(c.Target.Proof), File: c.Path, State: string(c.State), Detail: c.Detail, Changed: !c.None() && !c.Blocked(),
		})
	}
	for _, c := range p.carried {
		id := c.file.Target.ID
		for _, r := range c.Rewrites {
			for _, l := range r.Lines {
				at := rules.Place{Path: r.File.Path, Pos: l.Pos}
				out.Rules = append(out.Rules, followingRule{id, at.String(), l.Key, l.Old, append([]string{}, l.New...), l.Kept})
			}
		}
		for _, l := range c.Limits {
			out.Limits = append(out.Limits, registryLimit{id, l.Server, l.Deny, l.Only})
		}
	}
	return out
}
