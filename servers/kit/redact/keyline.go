package redact

import "strings"

// Lines of PEM have 64 characters, those of OpenSSH 70. Near that others that
// were indented or joined differently are taken too.
const (
	keyLineLeast = 60
	keyLineMost  = 76
)

// KeyLine is s without what may be a line out of the middle of a private key:
// a search shows lines one by one, and only the first says what they are. It is
// for texts that are one line; a line of a certificate looks the same.
func KeyLine(s string) (string, int) {
	line := strings.Trim(s, " \t\r\n\"'`\\,;|>")
	line = strings.TrimSuffix(strings.TrimSpace(strings.TrimSuffix(line, "+")), "\"")
	line = strings.TrimSuffix(line, `\n`)
	if len(line) < keyLineLeast || len(line) > keyLineMost || base64.run(line) != len(line) || !mixed(line) {
		return s, 0
	}
	return strings.Replace(s, line, Marker("line as of a private key", line), 1), 1
}

// mixed tells base64 of random bytes from hashes, rulers and words.
func mixed(s string) bool {
	var upper, lower, digit int
	for _, c := range []byte(s) {
		switch {
		case 'A' <= c && c <= 'Z':
			upper++
		case 'a' <= c && c <= 'z':
			lower++
		case '0' <= c && c <= '9':
			digit++
		}
	}
	return upper >= 8 && lower >= 8 && digit >= 2
}

// keyLines finds such lines in a text of many that speaks of a private key: in
// a log each may have a time before it.
func keyLines(s string) (spans []Span) {
	if !strings.Contains(s, pemKey) {
		return nil
	}
	for at := 0; at < len(s); {
		n := base64.run(s[at:])
		if n >= keyLineLeast && n <= keyLineMost && mixed(s[at:at+n]) {
			spans = append(spans, Span{at, at + n, "line as of a private key"})
		}
		at += n + 1
	}
	return spans
}
