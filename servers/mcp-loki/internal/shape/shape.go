// Package shape says which log lines are of one kind: what differs between
// them, numbers, ids, times, is replaced by <_>, as Loki writes its patterns.
package shape

import (
	"cmp"
	"slices"
	"strings"
)

// Variable stands for what differs between lines of one shape.
const Variable = "<_>"

// longest is how much of a line its shape is made of.
const longest = 600

// Of is the shape of one line: each run of letters, digits and what joins them
// that has a digit in it is a variable.
func Of(line string) string {
	if len(line) > longest {
		line = line[:longest]
	}
	var b strings.Builder
	b.Grow(len(line))
	for i := 0; i < len(line); {
		if !joined(line, i) {
			if line[i] == ' ' && i > 0 && line[i-1] == ' ' {
				i++ // columns that are filled up with spaces
				continue
			}
			b.WriteByte(line[i])
			i++
			continue
		}
		start, digit := i, false
		for i < len(line) && joined(line, i) {
			digit = digit || isDigit(line[i])
			i++
		}
		if digit {
			if i < len(line) && line[i] == '%' {
				i++
			}
			b.WriteString(Variable)
		} else {
			b.WriteString(line[start:i])
		}
	}
	return strings.ToValidUTF8(strings.TrimSpace(b.String()), "")
}

// joined reports whether the byte at i belongs to a word: 2026-11-01T10:00:00.5Z
// and 10.0.0.1:80 are one each, code:7 is two.
func joined(s string, i int) bool {
	c := s[i]
	switch {
	case isDigit(c), 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', c >= 0x80:
		return true
	case c == '-' || c == '.' || c == '+':
		return i > 0 && i+1 < len(s) && alnum(s[i-1]) && alnum(s[i+1]) || c == '-' && i+1 < len(s) && isDigit(s[i+1])
	case c == ':':
		return i > 0 && i+1 < len(s) && isDigit(s[i-1]) && isDigit(s[i+1])
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func alnum(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}

// Cluster is a shape and how often it was seen. Of the lines the first and the
// last by At are remembered.
type Cluster struct {
	Shape  string
	Count  int
	Weight float64 // how many lines those stand for
	Sample string  // one of the lines
	First  int64
	Last   int64
}

// Clusters counts shapes.
type Clusters struct{ byShape map[string]*Cluster }

// Add counts a line that is of the time at and stands for weight lines.
func (c *Clusters) Add(line string, at int64, weight float64) {
	if c.byShape == nil {
		c.byShape = make(map[string]*Cluster)
	}
	key := Of(line)
	have := c.byShape[key]
	if have == nil {
		have = &Cluster{Shape: key, Sample: line, First: at, Last: at}
		c.byShape[key] = have
	}
	have.Count++
	have.Weight += weight
	have.First, have.Last = min(have.First, at), max(have.Last, at)
}

// List is the clusters, those that stand for most lines first. Shapes that differ in one
// word only, which takes many values, are one: that word is a variable too.
func (c *Clusters) List() []Cluster {
	list := make([]Cluster, 0, len(c.byShape))
	for _, cluster := range c.byShape {
		list = append(list, *cluster)
	}
	sortClusters(list) // the samples do not depend on the order of a map
	for range 3 {
		n := len(list)
		list = merge(list)
		sortClusters(list)
		if len(list) == n {
			break
		}
	}
	return list
}

func sortClusters(list []Cluster) {
	slices.SortFunc(list, func(a, b Cluster) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), strings.Compare(a.Shape, b.Shape))
	})
}

const (
	// many values make of a word a variable. Fewer may be what matters: started,
	// failed, stopped.
	many     = 6
	maxWords = 40
)

func merge(list []Cluster) []Cluster {
	words := make([][]string, len(list))
	longest := 0
	for i, c := range list {
		words[i] = strings.FieldsFunc(c.Shape, func(r rune) bool { return r == ' ' })
		longest = max(longest, min(len(words[i]), maxWords))
	}
	gone := make([]bool, len(list))
	for at := range longest {
		groups := make(map[string][]int)
		var order []string
		for i, w := range words {
			if gone[i] || at >= len(w) || len(w) < 3 || w[at] == Variable {
				continue
			}
			name := ""
			if j := strings.IndexByte(w[at], '='); j > 0 {
				name = w[at][:j+1] // user=alice and user=bob; level=info and msg=x are nothing alike
			}
			key := strings.Join(w[:at], " ") + "\x00" + name + "\x00" + strings.Join(w[at+1:], " ")
			if groups[key] == nil {
				order = append(order, key)
			}
			groups[key] = append(groups[key], i)
		}
		for _, key := range order {
			same := groups[key]
			if len(same) < many {
				continue
			}
			into := &list[same[0]]
			_, name, _ := strings.Cut(key, "\x00")
			name, _, _ = strings.Cut(name, "\x00")
			words[same[0]][at] = name + Variable
			into.Shape = strings.Join(words[same[0]], " ")
			for _, i := range same[1:] {
				into.Count += list[i].Count
				into.Weight += list[i].Weight
				into.First, into.Last = min(into.First, list[i].First), max(into.Last, list[i].Last)
				gone[i] = true
			}
		}
	}
	kept := list[:0]
	for i, c := range list {
		if !gone[i] {
			kept = append(kept, c)
		}
	}
	// Two merges may have met at one shape.
	index := make(map[string]int)
	out := kept[:0]
	for _, c := range kept {
		if i, ok := index[c.Shape]; ok {
			out[i].Count += c.Count
			out[i].Weight += c.Weight
			out[i].First, out[i].Last = min(out[i].First, c.First), max(out[i].Last, c.Last)
			continue
		}
		index[c.Shape] = len(out)
		out = append(out, c)
	}
	return out
}
