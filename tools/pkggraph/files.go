package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// generated are the names of the files in dir that an earlier run wrote.
func generated(dir string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.mmd"))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range paths {
		raw, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		if strings.Contains(string(raw), mark) {
			out = append(out, filepath.Base(p))
		}
	}
	return out, nil
}

func write(dir string, files map[string]string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	old, err := generated(dir)
	if err != nil {
		return err
	}
	for _, name := range old {
		if _, ok := files[name]; !ok {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// compare names every file that is missing, left over or different.
func compare(dir string, files map[string]string) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		have, err := os.ReadFile(filepath.Join(dir, name))
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s is missing", name))
		case string(have) != files[name]:
			errs = append(errs, fmt.Errorf("%s has drifted:\n%s", name, changes(string(have), files[name])))
		}
	}
	old, err := generated(dir)
	if err != nil {
		return err
	}
	for _, name := range old {
		if _, ok := files[name]; !ok {
			errs = append(errs, fmt.Errorf("%s shows a module that is no more", name))
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("%w\nmake diagrams mends it", errors.Join(errs...))
	}
	return nil
}

// changes lists the lines that only one side has; order carries no meaning here.
func changes(have, want string) string {
	only := func(sign, a, b string) (out []string) {
		there := map[string]bool{}
		for line := range strings.Lines(b) {
			there[line] = true
		}
		for line := range strings.Lines(a) {
			if !there[line] {
				out = append(out, sign+strings.TrimRight(line, "\n"))
			}
		}
		return out
	}
	return strings.Join(append(only("-", have, want), only("+", want, have)...), "\n")
}
