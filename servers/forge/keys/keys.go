// Package keys hides private keys in text that is shown by lines. The kit takes
// credentials out of every answer, but it knows a key by its first line: of an
// answer that begins after that, or has numbers before its lines, it cannot.
package keys

import (
	"strings"

	"github.com/loom-core/loom/servers/kit/redact"
)

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

// MaskPart is Mask for a part of a file that does not begin where the file does, as a
// search shows it: the line that says what a key is may be before it. What can be of a
// key are then the first lines, as far as one that says that a private key ends, or the
// end of the part. Base64 before anything else is something else, such as a certificate.
func MaskPart(lines []string) {
	defer Mask(lines)
	whole := 0
	for whole < len(lines) && keyLine(lines[whole]) {
		whole++
	}
	n := whole
	if n < len(lines) && trimmed(lines[n]) != "" && base64(trimmed(lines[n])) {
		n++ // the last line of a key may be short
	}
	rest := lines[n:]
	switch {
	case len(rest) > 0 && dashed(rest[0]) && strings.Contains(rest[0], "PRIVATE KEY"):
		n++
	case whole > 0 && strings.TrimSpace(strings.Join(rest, "")) == "":
	default:
		return
	}
	for i := range n {
		lines[i] = Marker
	}
}

func keyLine(line string) bool {
	_, n := redact.KeyLine(line)
	return n > 0
}

func dashed(line string) bool { return strings.Contains(line, "-----END ") }

// encoded reports whether a line may be one of a key: base64, a header, or nothing.
func encoded(line string) bool {
	line = trimmed(line)
	if name, _, ok := strings.Cut(line, ": "); ok && len(name) < 20 && !strings.Contains(name, " ") {
		return true // Proc-Type: 4,ENCRYPTED
	}
	return base64(line)
}

func trimmed(line string) string { return strings.Trim(line, " \t+-|>\"',\r") }

func base64(line string) bool {
	for _, c := range line {
		if !(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=') {
			return false
		}
	}
	return true
}
