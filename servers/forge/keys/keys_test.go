package keys

import (
	"strings"
	"testing"
)

func TestMask(t *testing.T) {
	begin, end := "-----BEGIN RSA PRIVATE "+"KEY-----", "-----END RSA PRIVATE "+"KEY-----"
	const body = "MIIEpAIBAAKCAQEAq9W8e7R6"
	for name, tc := range map[string]struct{ in, want string }{
		"none":          {"a\nb", "a\nb"},
		"whole":         {"a\n" + begin + "\nProc-Type: 4,ENCRYPTED\n\n" + body + "\n" + end + "\nb", "a\n#\n#\n#\n#\n#\nb"},
		"without end":   {begin + "\n" + body + "\nthis is text again, " + body, "#\n#\nthis is text again, " + body},
		"in a diff":     {"+" + begin + "\n+" + body + "\n+" + end, "#\n#\n#"},
		"on one line":   {begin + " x " + end + "\nb", begin + " x " + end + "\nb"},
		"a certificate": {"-----BEGIN CERTIFICATE-----\n" + body, "-----BEGIN CERTIFICATE-----\n" + body},
	} {
		lines := strings.Split(tc.in, "\n")
		Mask(lines)
		if got := strings.ReplaceAll(strings.Join(lines, "\n"), Marker, "#"); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
