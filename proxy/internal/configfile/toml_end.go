package configfile

import "bytes"

// exprEnd is behind the line on which the header or the value ends whose line begins
// at start: the parser says where a value begins, and not for all kinds where it ends.
// The text has been parsed, so quotes and brackets have their others.
func exprEnd(text []byte, start int) int {
	depth := 0
	for i := start; i < len(text); {
		switch c := text[i]; c {
		case '"', '\'':
			i = quotedEnd(text, i)
			continue
		case '#':
			if end := bytes.IndexByte(text[i:], '\n'); end >= 0 {
				i += end
				continue
			}
			return len(text)
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '\n':
			if depth <= 0 {
				return i + 1
			}
		}
		i++
	}
	return len(text)
}

// quotedEnd is behind a text in quotes that begins at i.
func quotedEnd(text []byte, i int) int {
	quote := text[i]
	several := bytes.Repeat([]byte{quote}, 3)
	if bytes.HasPrefix(text[i:], several) {
		i = endOfQuotes(text, i+3, several)
		for n := 0; n < 2 && i < len(text) && text[i] == quote; n++ {
			i++ // up to two quotes may stand before the last three
		}
		return i
	}
	return endOfQuotes(text, i+1, []byte{quote})
}

// endOfQuotes is behind the first shut that is not escaped; only in double quotes
// something can be.
func endOfQuotes(text []byte, i int, shut []byte) int {
	for i < len(text) && !bytes.HasPrefix(text[i:], shut) {
		if text[i] == '\\' && shut[0] == '"' {
			i++
		}
		i++
	}
	return min(i+len(shut), len(text))
}
