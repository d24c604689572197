package redact

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// forms are the ways in which a value is likely to be printed, each at least
// [Shortest] bytes long and without line breaks.
func forms(value string) []string {
	text := strings.TrimSpace(value) // a file ends with a line break, what is printed of it does not
	all := []string{text}
	all = append(all, encoded(text)...)
	if text != value {
		all = append(all, encoded(value)...)
	}
	all = append(all, escaped(text)...)
	all = append(all, words(text)...)
	var out []string
	for _, form := range all {
		if form = oneLine(form); len(form) >= Shortest {
			out = append(out, form)
		}
	}
	return out
}

var oneLine = strings.NewReplacer("\n", "", "\r", "").Replace

// encoded is text in base64: alone, and as it looks in the middle of something
// longer, such as user:token of a basic authorization. There it depends on how
// many bytes stand before it, and the letters at both ends on what these are.
func encoded(text string) (out []string) {
	for _, alphabet := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		out = append(out, alphabet.EncodeToString([]byte(text)))
		for shift := range 3 {
			whole := alphabet.WithPadding(base64.NoPadding).EncodeToString([]byte("\x00\x00"[:shift] + text))
			first := (shift*8 + 5) / 6
			last := (shift + len(text)) * 8 / 6
			out = append(out, whole[first:last])
		}
		out = append(out, alphabet.WithPadding(base64.NoPadding).EncodeToString([]byte(text)))
	}
	return out
}

// escaped is text as it stands in a URL, in JSON and in a quoted log line.
func escaped(text string) []string {
	out := []string{url.QueryEscape(text), url.PathEscape(text), percent(text, "-_.!~*'()"), percent(text, "-_.~"), percent(text, "-_.~/")}
	for _, form := range out {
		out = append(out, lowerHex(form))
	}
	quoted := strconv.Quote(text)
	ascii := strconv.QuoteToASCII(text)
	out = append(out, quoted[1:len(quoted)-1], ascii[1:len(ascii)-1])
	if raw, err := json.Marshal(text); err == nil { // < as \u003c
		out = append(out, string(raw[1:len(raw)-1]))
	}
	var plain strings.Builder
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	if enc.Encode(text) == nil {
		form := strings.TrimSuffix(plain.String(), "\n")
		out = append(out, form[1:len(form)-1], strings.ReplaceAll(form[1:len(form)-1], "/", `\/`))
	}
	return out
}

// percent escapes all but letters, digits and what other languages spare.
func percent(text, spared string) string {
	var out strings.Builder
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte(spared, c) >= 0:
			out.WriteByte(c)
		default:
			const digits = "0123456789ABCDEF"
			out.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return out.String()
}

// lowerHex writes the digits of percent escapes small.
func lowerHex(form string) string {
	raw := []byte(form)
	for i := 0; i+2 < len(raw); i++ {
		if raw[i] == '%' {
			for j := i + 1; j <= i+2; j++ {
				if 'A' <= raw[j] && raw[j] <= 'F' {
					raw[j] += 'a' - 'A'
				}
			}
		}
	}
	return string(raw)
}

// wordLength is from where on a word of a value of several lines is taken for
// secret by itself, unless it is all small letters, as the names of keys are.
const wordLength = 20

// words are the long words of a value of several lines: programs print a key or
// a file line by line, and in part.
func words(text string) (out []string) {
	if !strings.ContainsAny(text, "\r\n") {
		return nil
	}
	for _, word := range strings.Fields(text) {
		if word = strings.Trim(word, `"',:;`); len(word) >= wordLength && strings.ContainsAny(word, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			out = append(out, word)
		}
	}
	return out
}
