package patch

import (
	"slices"
	"strings"
)

// The sides of a diff that a line can be on.
const (
	Right = "RIGHT" // as it is after the change
	Left  = "LEFT"  // as it was before
)

// Line is a line of a file that is shown in its diff.
type Line struct {
	Number  int
	Hunk    int  // index of its hunk
	Changed bool // it was added or removed, not only shown
	Text    string
}

// Side is the lines of one side, in order.
func (f File) Side(side string) []Line {
	var list []Line
	for i, h := range f.Hunks {
		number := h.NewStart
		if side == Left {
			number = h.OldStart
		}
		for _, line := range h.Lines {
			sign, text := byte(' '), ""
			if line != "" {
				sign, text = line[0], line[1:]
			}
			if sign == '\\' || sign == '+' && side == Left || sign == '-' && side == Right {
				continue
			}
			list = append(list, Line{Number: number, Hunk: i, Changed: sign == '+' || sign == '-', Text: text})
			number++
		}
	}
	return list
}

// Find is the line of that number, nil if the diff does not show it.
func Find(list []Line, number int) *Line {
	i, found := slices.BinarySearchFunc(list, number, func(l Line, n int) int { return l.Number - n })
	if !found {
		return nil
	}
	return &list[i]
}

// Nearest are the numbers of at most n lines that are nearest to number.
func Nearest(list []Line, number, n int) []int {
	numbers := make([]int, len(list))
	for i, l := range list {
		numbers[i] = l.Number
	}
	distance := func(m int) int { return max(m-number, number-m) }
	slices.SortStableFunc(numbers, func(a, b int) int { return distance(a) - distance(b) })
	numbers = slices.Compact(numbers[:min(n, len(numbers))])
	slices.Sort(numbers)
	return numbers
}

// Spans says which lines of a side are shown: 3-9, 40-45.
func Spans(list []Line) string {
	var parts []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1].Number == list[j].Number+1 {
			j++
		}
		parts = append(parts, span(list[i].Number, list[j].Number))
		i = j + 1
	}
	return strings.Join(parts, ", ")
}
