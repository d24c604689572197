package redact

// set is a set of bytes.
type set [256]bool

func newSet(chars string) *set {
	s := new(set)
	for _, c := range []byte(chars) {
		s[c] = true
	}
	return s
}

func (s *set) has(c byte) bool { return s[c] }

// run is how many bytes at the start of text are of the set.
func (s *set) run(text string) int {
	for i := range len(text) {
		if !s[text[i]] {
			return i
		}
	}
	return len(text)
}

// until is how many bytes at the start of text are not of the set.
func (s *set) until(text string) int {
	for i := range len(text) {
		if s[text[i]] {
			return i
		}
	}
	return len(text)
}
