package forge

import (
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/kit/redact"
)

func itoa(n int) string { return strconv.Itoa(n) }

// count says how many of something there are.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return itoa(n) + " " + what + "s"
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if strings.EqualFold(e, s) {
			return true
		}
	}
	return false
}

// bodyRoom is how much of one text an answer has: the default cap less the rest.
const bodyRoom = 16 << 10

// bodyPart is the part of a long body that begins at from, and how to read on.
func bodyPart(body string, from int) (string, []string) {
	return partOf("body", "body_from", body, from)
}

// partOf is bodyPart for any text. arg is what says from. Credentials are taken
// out first: two halves of one would not be known as such.
func partOf(what, arg, body string, from int) (string, []string) {
	body, _ = new(redact.Redactor).Text(body)
	list := []rune(body)
	if len(body) <= bodyRoom && from == 0 {
		return body, nil
	}
	from = min(from, len(list))
	end, size := from, 0
	for end < len(list) && size+len(string(list[end])) <= bodyRoom {
		size += len(string(list[end]))
		end++
	}
	if end == len(list) {
		return string(list[from:]), nil
	}
	return string(list[from:end]), []string{"the " + what + " has " + itoa(len(list)) + " characters, it goes on with " + arg + "=" + itoa(end)}
}
