package forgetest

import "testing"

// Suite runs all of it. Each part makes a repository of its own.
func Suite(t *testing.T, w World) {
	if w.Review == nil {
		w.Review = w.Call
	}
	for _, part := range []struct {
		name string
		run  func(*testing.T, World)
	}{
		{"day", day}, {"issues", issues}, {"commit", commits}, {"pages", pages}, {"diff", diffs}, {"lines", reviewLines},
		{"pulls", pulls}, {"rest", rest}, {"ci", ci}, {"hostile", hostile}, {"read-only", readOnly}, {"errors", failures},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, w) })
	}
}

// pull is the name of a tool with the forge's word for a pull request.
func (w World) pull(format string) string { return replaceNoun(format, "{pull}", w.Nouns.Pull) }

func (w World) run(format string) string {
	return replaceNoun(replaceNoun(format, "{run}", w.Nouns.Run), "{short run}", w.Nouns.ShortRun)
}
