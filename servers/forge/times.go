package forge

import (
	"time"

	"github.com/loom-core/loom/servers/kit"
)

// time reads an argument that is a time; the zero time stands for none.
func (f *forge) time(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := kit.ParseTime(text, f.Now())
	if err != nil {
		return t, kit.Errorf(kit.InvalidArgument, "%s: %w", name, err).WithHint("write %s=2026-11-01, %s=2d or %s=now-1h", name, name, name)
	}
	return t, nil
}
