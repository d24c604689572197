package main

import (
	"regexp"
	"strings"
)

// filter keeps the items with a text that fits pattern: as a regular
// expression, and when that finds nothing as words that all occur.
func filter[T any](items []T, pattern string, texts func(T) []string) []T {
	if pattern == "" {
		return items
	}
	keep := func(fits func(string) bool) (list []T) {
		for _, item := range items {
			for _, text := range texts(item) {
				if fits(text) {
					list = append(list, item)
					break
				}
			}
		}
		return list
	}
	if re, err := regexp.Compile("(?i)" + pattern); err == nil {
		if list := keep(re.MatchString); list != nil {
			return list
		}
	}
	words := strings.FieldsFunc(strings.ToLower(pattern), func(r rune) bool { return strings.ContainsRune(" _.*-", r) })
	return keep(func(text string) bool {
		lower := strings.ToLower(text)
		for _, w := range words {
			if !strings.Contains(lower, w) {
				return false
			}
		}
		return len(words) > 0
	})
}
