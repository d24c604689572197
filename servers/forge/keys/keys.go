// Package keys hides private keys in text that is shown by lines. The kit takes
// credentials out of every answer, but it knows a key by its first line: of an
// answer that begins after that, or has numbers before its lines, it cannot.
package keys

import "strings"

// Marker stands for each line of a key.
const Marker = "[redacted: private key]"

// longest is over the lines of any key; what has no end is not followed further.
const longest = 200

// Mask replaces the lines of private keys, in place and one for one.
func Mask(lines []string) {
	left := 0
	for i, line := range lines {
		begins := strings.Contains(line, "-----BEGIN ") && strings.Contains(line, "PRIVATE KEY")
		switch {
		case begins && strings.Contains(line, "-----END "):
			continue // on one line, which the kit sees as a whole
		case begins:
			left = longest
		case left == 0:
			continue
		}
		left--
		ends := strings.Contains(line, "-----END ")
		if !begins && !ends && !encoded(line) {
			left = 0
			continue
		}
		lines[i] = Marker
		if ends {
			left = 0
		}
	}
}

// encoded reports whether a line may be one of a key: base64, a header, or nothing.
func encoded(line string) bool {
	line = strings.Trim(line, " \t+-|>\"',\r")
	if name, _, ok := strings.Cut(line, ": "); ok && len(name) < 20 && !strings.Contains(name, " ") {
		return true // Proc-Type: 4,ENCRYPTED
	}
	for _, c := range line {
		if !(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=') {
			return false
		}
	}
	return true
}
