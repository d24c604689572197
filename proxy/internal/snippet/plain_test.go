package snippet

import "testing"

func TestIsPlain(t *testing.T) {
	for _, tc := range []struct {
		name, value string
		want        bool
	}{
		{"API_KEY", "hunter2", true},
		{"API_KEY", "${API_KEY}", false},
		{"API_KEY", "$API_KEY", false},
		{"API_KEY", "{env:API_KEY}", false},
		{"API_KEY", "${input:key}", false},
		{"API_KEY", "{file:~/.key}", false},
		{"API_KEY", "your-key-here", false},
		{"API_KEY", "<key>", false},
		{"API_KEY", "", false},
		{"Authorization", "Bearer hunter2hunter2", true},
		{"Authorization", "Bearer ${TOKEN}", false},
		{"Authorization", "Bearer <token>", false},
		{"X", "ghp_0123456789abcdefghij", true},
		{"X", "ghp_0123456789abcdefghij${SUFFIX}", true},
		{"PASSWORD", "pa$word", true},
		{"KEY_FILE", "/home/me/.key", false},
		{"LOG_LEVEL", "debug", false},
		{"URL", "https://me:hunter2@example.com/", true},
		{"URL", "https://me:${PASSWORD}@example.com/", false},
	} {
		if got := IsPlain(tc.name, tc.value); got != tc.want {
			t.Errorf("IsPlain(%s, %q) = %v", tc.name, tc.value, got)
		}
	}
	for _, tc := range []struct {
		before, arg string
		want        bool
	}{
		{"", "--token=hunter2", true},
		{"--token", "hunter2", true},
		{"--token", "${TOKEN}", false},
		{"--token", "--verbose", false},
		{"--name", "hunter2", false},
		{"-y", "@scope/server", false},
		{"", "--root=/srv", false},
		{"", "sk-0123456789abcdef", true},
		{"", "--url=https://x/?api_key=hunter2", true},
		{"", "Authorization: Bearer hunter2", true},
		{"", "Authorization: Bearer ${TOKEN}", false},
		{"", "example.com/image@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", false},
	} {
		if got := IsPlainArgument(tc.before, tc.arg); got != tc.want {
			t.Errorf("IsPlainArgument(%q, %q) = %v", tc.before, tc.arg, got)
		}
	}
}
