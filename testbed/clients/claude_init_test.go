package clients

import "testing"

// loom init moves a server of Claude Code's own into Loom, and its rules with it: the
// same calls run, are asked about, are refused and are not offered, each tool is offered
// once, and after loom unsync it is all as before.
func TestClaudeRulesAfterInit(t *testing.T) {
	w, project := newAgentWorld(t, plain...)
	w.write(".config/loom/registry.yaml", "version: 1\n")
	c := newClaude(w, project)
	for _, r := range claudeRules {
		w.write(".claude.json", directEntry(w))
		w.write(".claude/settings.json", r.rules.settings(direct))
		w.must("init", "--yes", "--from", "claude")
		c.check(t, behind, r.name+" after loom init", r.want)
		w.must("unsync")
		c.check(t, direct, r.name+" after loom unsync", r.want)
	}
}
