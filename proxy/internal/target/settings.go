package target

import (
	"slices"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// settings are the keys of an entry by which a user, or the client when it is told
// "always allow", says what may be done with it. They are not Loom's, also in Loom's
// own entry. No two clients mean different things by one of them.
var settings = []string{
	"alwaysAllow", "autoApprove", "trust", "tools", "default_tools_approval_mode", // approvals
	"enabled", "disabled", "disabledTools", "enabled_tools", "disabled_tools", "includeTools", "excludeTools", "available_tools", // what is on
}

// IsSetting reports a key of an entry that is the user's to set.
func IsSetting(key string) bool { return slices.Contains(settings, key) }

// Essence is an entry without its settings: what is started, and how.
func Essence(entry any) any {
	o, ok := entry.(configfile.Object)
	if !ok {
		return entry
	}
	return slices.DeleteFunc(slices.Clone(o), func(m configfile.Member) bool { return IsSetting(m.Key) })
}
