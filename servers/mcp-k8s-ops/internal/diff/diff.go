// Package diff compares two texts by lines.
package diff

import (
	"fmt"
	"strings"
)

// context is how many lines are shown around a change.
const context = 3

// maxEdits is how much of a difference is looked for before two texts are
// taken for altogether different.
const maxEdits = 1000

type op struct {
	kind byte // ' ', '-' or '+'
	line string
}

// Unified is the difference between before and after in the unified format,
// under a header with name. It is empty when they are the same.
func Unified(name, before, after string) string {
	if before == after {
		return ""
	}
	ops := edits(lines(before), lines(after))
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", name, name)
	for at := 0; at < len(ops); {
		start := at
		for start < len(ops) && ops[start].kind == ' ' {
			start++
		}
		if start == len(ops) {
			break
		}
		end, quiet := start, 0 // of the changes that are near each other
		for i := start; i < len(ops) && quiet <= 2*context; i++ {
			if quiet++; ops[i].kind != ' ' {
				end, quiet = i+1, 0
			}
		}
		from, to := max(at, start-context), min(len(ops), end+context)
		hunk(&b, ops, from, to)
		at = to
	}
	return b.String()
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

func hunk(b *strings.Builder, ops []op, from, to int) {
	count := func(part []op, without byte) (n int) {
		for _, o := range part {
			if o.kind != without {
				n++
			}
		}
		return n
	}
	part := ops[from:to]
	before, after := count(ops[:from], '+'), count(ops[:from], '-')
	fmt.Fprintf(b, "@@ -%s +%s @@\n", span(before, count(part, '+')), span(after, count(part, '-')))
	for _, o := range part {
		b.WriteByte(o.kind)
		b.WriteString(o.line)
		b.WriteByte('\n')
	}
}

// span is where a hunk is: of no lines, after which one.
func span(before, n int) string {
	if n == 0 {
		return fmt.Sprintf("%d,0", before)
	}
	return fmt.Sprintf("%d,%d", before+1, n)
}

// edits turns a into b with few changes (Myers, "An O(ND) Difference Algorithm").
func edits(a, b []string) []op {
	var head, tail []op
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		head = append(head, op{' ', a[0]})
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail = append(tail, op{' ', a[len(a)-1]})
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	ops := append(head, middle(a, b)...)
	for i := len(tail) - 1; i >= 0; i-- {
		ops = append(ops, tail[i])
	}
	return ops
}

func middle(a, b []string) []op {
	if len(a) == 0 || len(b) == 0 {
		return replaced(a, b)
	}
	most := min(len(a)+len(b), maxEdits)
	var trace [][]int // the furthest x on each diagonal, after each number of edits
	v := make([]int, 2*most+3)
	at := func(k int) int { return k + most + 1 }
	for d := 0; d <= most; d++ {
		trace = append(trace, append([]int(nil), v[at(-d-1):at(d+1)+1]...))
		for k := -d; k <= d; k += 2 {
			x := v[at(k-1)] + 1
			if k == -d || k != d && v[at(k-1)] < v[at(k+1)] {
				x = v[at(k+1)]
			}
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			v[at(k)] = x
			if x >= len(a) && x-k >= len(b) {
				return walk(a, b, trace)
			}
		}
	}
	return replaced(a, b)
}

// walk goes back from the end along the furthest points.
func walk(a, b []string, trace [][]int) []op {
	var back []op
	x, y := len(a), len(b)
	for d := len(trace) - 1; d >= 0; d-- {
		v := func(k int) int { return trace[d][k+d+1] }
		k := x - y
		before := k - 1
		if k == -d || k != d && v(k-1) < v(k+1) {
			before = k + 1
		}
		px := v(before)
		if d == 0 {
			px = 0
		}
		py := px - before
		if d == 0 {
			py = 0
		}
		for x > px && y > py {
			x, y = x-1, y-1
			back = append(back, op{' ', a[x]})
		}
		if d == 0 {
			break
		}
		if x == px {
			y--
			back = append(back, op{'+', b[y]})
		} else {
			x--
			back = append(back, op{'-', a[x]})
		}
	}
	ops := make([]op, len(back))
	for i, o := range back {
		ops[len(back)-1-i] = o
	}
	return ops
}

func replaced(a, b []string) (ops []op) {
	for _, line := range a {
		ops = append(ops, op{'-', line})
	}
	for _, line := range b {
		ops = append(ops, op{'+', line})
	}
	return ops
}
