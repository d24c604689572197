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

// TestMaskPart: the beginning of a key may be before what is shown. Other base64 stays.
func TestMaskPart(t *testing.T) {
	const (
		line = "q9W8e7R6q9W8e7R6q9W8e7R6q9W8e7R6q9W8e7R6q9W8e7R6q9W8e7R6q9W8e7R6"
		sum  = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
	)
	begin, end := "-----BEGIN RSA PRIVATE "+"KEY-----", "-----END RSA PRIVATE "+"KEY-----"
	for name, tc := range map[string]struct{ in, want string }{
		"nothing":                 {"", ""},
		"text":                    {"a\nb", "a\nb"},
		"only lines of a key":     {line + "\n" + line + "\n" + line + "\n", "#\n#\n#\n"},
		"one":                     {line, "#"},
		"and a short one":         {line + "\n" + line + "\nabcd==", "#\n#\n#"},
		"indented":                {"    " + line + "\n    " + line, "#\n#"},
		"to its end":              {line + "\n" + line + "\nabcd==\n" + end + "\nname: x", "#\n#\n#\n#\nname: x"},
		"the last line":           {"abcd==\n" + end + "\nname: x", "#\n#\nname: x"},
		"the end, and one begins": {line + "\n" + end + "\nb: |\n" + begin + "\n" + line, "#\n#\nb: |\n#\n#"},
		"one begins":              {"a\n" + begin + "\n" + line, "a\n#\n#"},
		"a certificate":           {line + "\n" + line + "\n-----END CERTIFICATE-----", line + "\n" + line + "\n-----END CERTIFICATE-----"},
		"a block, then text":      {line + "\n" + line + "\nname: x", line + "\n" + line + "\nname: x"},
		"text, then a block":      {"name: x\n" + line + "\n" + line, "name: x\n" + line + "\n" + line},
		"checksums":               {sum + "\n" + sum, sum + "\n" + sum},
		"checksums with files":    {sum + "  a.txt\n" + sum + "  b.txt", sum + "  a.txt\n" + sum + "  b.txt"},
		"a lock file":             {`"integrity": "sha512-` + line + `=="`, `"integrity": "sha512-` + line + `=="`},
		"a source map":            {`{"version":3,"mappings":"` + line + line + `"}`, `{"version":3,"mappings":"` + line + line + `"}`},
		"a long line":             {line + line, line + line},
		"words":                   {"one\ntwo\nthree", "one\ntwo\nthree"},
	} {
		lines := strings.Split(tc.in, "\n")
		MaskPart(lines)
		if got := strings.ReplaceAll(strings.Join(lines, "\n"), Marker, "#"); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
