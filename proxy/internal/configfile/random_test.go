package configfile

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/loom-core/loom/proxy/internal/configfile/configfiletest"
)

// kinds are the kinds of file that are made at random.
var kinds = map[string]struct {
	format Format
	make   func(*configfiletest.Random) string
}{
	"json":      {JSONC, (*configfiletest.Random).JSON},
	"toml":      {TOML, (*configfiletest.Random).TOML},
	"yaml":      {YAML, func(r *configfiletest.Random) string { return r.YAML(false) }},
	"yaml list": {YAML, func(r *configfiletest.Random) string { return r.YAML(true) }},
}

// hollow is all that an edit may take away: blanks, and what says that a mapping is
// empty.
var hollow = regexp.MustCompile(`^[ \t\r\n]*(:[ \t]*(\{\}|\[\])?[ \t]*(#.*)?\r?\n?)?$`)

// TestRandom: a new entry is put in between, and nothing else changes; taken back,
// and taken out by its key, the file is what it was.
func TestRandom(t *testing.T) {
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(250) {
				text := kind.make(configfiletest.New(seed))
				if err := checkRandom(kind.format, text); err != nil {
					t.Errorf("seed %d: %v\n%s", seed, err, text)
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}

func checkRandom(format Format, text string) error {
	path := []string{"m", "loom"}
	f, err := Parse(format, []byte(text))
	if err != nil {
		return fmt.Errorf("the generator wrote nonsense: %w", err)
	}
	_, there, err := f.Entries("m")
	if err != nil {
		return err
	}
	splices, err := f.Set(path, entry)
	if err != nil && strings.Contains(err.Error(), "the file ends inside") {
		return nil
	}
	if err != nil {
		return err
	}
	for _, s := range splices {
		if gone := text[s.Start:s.End]; !hollow.MatchString(gone) {
			return fmt.Errorf("%q is taken away", gone)
		}
	}
	after, undo, err := Change(format, []byte(text), []Edit{{Path: path, Value: entry}})
	if err != nil {
		return err
	}
	if again, _, err := Change(format, after, []Edit{{Path: path, Value: entry}}); err != nil || string(again) != string(after) {
		return fmt.Errorf("twice: %v\n%q\n%q", err, after, again)
	}
	back := after
	for _, step := range undo {
		back = Apply(back, step)
	}
	if string(back) != text {
		return fmt.Errorf("taken back: %q", back)
	}
	other := Object{{"command", "/opt/loom"}, {"env", Object{{"A", "b"}}}, {"n", int64(1)}}
	if changed, undo, err := Change(format, after, []Edit{{Path: path, Value: other}}); err != nil || string(Apply(changed, undo[0])) != string(after) {
		return fmt.Errorf("another entry: %v", err)
	} else if back, _, err = Change(format, changed, []Edit{{Path: path, Value: entry}}); err != nil || string(back) != string(after) {
		return fmt.Errorf("another entry, and the first again: %v\n%q\n%q", err, after, back)
	}
	remove := path
	if !there {
		remove = path[:1]
	}
	out, _, err := Change(format, after, []Edit{{Path: remove, Remove: true}})
	if err != nil {
		return fmt.Errorf("removed: %w\n%s", err, after)
	}
	if blank(string(out)) != blank(text) {
		return fmt.Errorf("removed:\n%q\n%q\n%q", text, after, out)
	}
	return nil
}

// blank is a text without its blanks, and without what an empty mapping may be
// written as.
func blank(text string) string {
	text = strings.Join(strings.Fields(text), "")
	return strings.NewReplacer("{}", "", "[]", "").Replace(text)
}
