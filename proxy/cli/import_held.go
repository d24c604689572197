package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/inventory"
	"github.com/loom-core/loom/proxy/internal/rules"
	"github.com/loom-core/loom/registry"
)

// settle takes servers out of the plan that stay with all of their clients, since rules
// would stop to count. One that stays with some of them is switched off for these in
// Loom: it must not run twice there.
func (opts *ImportOptions) settle(p *importPlan) error {
	no := false
	var all []string
	for n := range p.found.Servers {
		s := &p.found.Servers[n]
		held := p.held(*s)
		for _, i := range s.Items {
			if b, blocked := p.blocks(i); blocked {
				p.found.Left = append(p.found.Left, inventory.Left{Item: i, Why: whyHeld(b)})
			}
		}
		if len(held) == len(clientsOf(*s)) {
			all = append(all, string(s.Name))
			continue
		}
		for _, id := range held {
			if at := slices.IndexFunc(s.New.Targets, func(t registry.NewTarget) bool { return t.Client == id }); at >= 0 {
				s.New.Targets = slices.Delete(s.New.Targets, at, at+1)
			}
			s.New.Targets = append(s.New.Targets, registry.NewTarget{Client: id, Enabled: &no})
		}
	}
	if len(all) == 0 {
		return nil
	}
	p.drop(func(name string) bool { return !slices.Contains(all, name) })
	return opts.planFiles(p, p.servers())
}

// whyHeld says which rule is in the way.
func whyHeld(b rules.Blocked) string {
	where := ""
	if b.Place.Path != "" {
		where = b.Place.String() + ": "
	}
	if b.Rule == "" {
		return where + b.Why
	}
	return fmt.Sprintf("%s%s: %s", where, b.Rule, b.Why)
}

// held are the clients with which a server stays, since a rule of theirs would stop to
// count.
func (p *importPlan) held(s inventory.Server) []string {
	var ids []string
	for _, i := range s.Items {
		if _, ok := p.blocks(i); ok && !slices.Contains(ids, i.File.Target.ID) {
			ids = append(ids, i.File.Target.ID)
		}
	}
	return ids
}

// heldEverywhere are the servers that stay with all of their clients.
func (p *importPlan) heldEverywhere(servers []inventory.Server) []inventory.Server {
	return slices.DeleteFunc(slices.Clone(servers), func(s inventory.Server) bool { return len(p.held(s)) < len(clientsOf(s)) })
}

// whyHeld are the rules that keep a server where it is.
func (p *importPlan) whyHeld(s inventory.Server) string {
	var why []string
	for _, i := range s.Items {
		if b, blocked := p.blocks(i); blocked {
			why = append(why, whyHeld(b))
		}
	}
	return strings.Join(why, "\n")
}

// blocks is the rule that keeps an item where it is.
func (p *importPlan) blocks(i inventory.Item) (rules.Blocked, bool) {
	for _, c := range p.carried {
		if c.file != i.File {
			continue
		}
		if c.forbidden != "" {
			return rules.Blocked{From: i.Name, Why: c.forbidden}, true
		}
		for _, b := range c.Blocked {
			if b.From == i.Name {
				return b, true
			}
		}
	}
	return rules.Blocked{}, false
}
