package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Sweep ends the containers that earlier lives of loomd left, by their notes
// in dir. If there is none it takes no time: no docker is asked. env is what
// servers get ("NAME=value"); what the command had chosen its daemon by is in
// the notes. It returns the ids of what was ended. A note whose daemon does not
// answer stays for the next time, and the error says so.
func Sweep(ctx context.Context, dir, instance string, env []string) (ended []string, err error) {
	notes, err := notesOf(dir, instance)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, n := range notes {
		ids, err := n.sweep(ctx, env)
		ended = append(ended, ids...)
		if err != nil {
			errs = append(errs, fmt.Errorf("ending containers that were left behind: %w", err))
		}
	}
	return ended, errors.Join(errs...)
}

// note is what several starts of one life have in common.
type note struct {
	instance string
	tool     tool
	files    []string
}

// notesOf reads the notes of other lives, those that need the same call as one.
func notesOf(dir, instance string) ([]*note, error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for containers that were left behind: %w", err)
	}
	var out []*note
	byText := map[string]*note{}
	for _, f := range files {
		of, _, ok := strings.Cut(f.Name(), ".")
		if !ok || of == instance {
			continue
		}
		path := filepath.Join(dir, f.Name())
		if bare, isID := strings.CutSuffix(path, idSuffix); isID {
			if _, err := os.Stat(bare); errors.Is(err, fs.ErrNotExist) {
				os.Remove(path) // its container was ended
			}
			continue
		}
		raw, err := os.ReadFile(path)
		key := of + "\n" + string(raw)
		n := byText[key]
		if n == nil {
			n = &note{instance: of}
			if err != nil || json.Unmarshal(raw, &n.tool) != nil || !filepath.IsAbs(n.tool.Path) {
				remove(path) // half of it, on a full disk: nothing was started after that
				continue
			}
			byText[key] = n
			out = append(out, n)
		}
		n.files = append(n.files, path)
	}
	return out, nil
}

// sweep ends the containers of a note and removes it.
func (n *note) sweep(ctx context.Context, env []string) ([]string, error) {
	n.tool.env = slices.Concat(env, n.tool.Vars) // of two values the last counts
	ids, err := n.tool.list(ctx, labelInstance, n.instance)
	if err == nil {
		err = n.tool.remove(ctx, ids)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // docker itself is gone: there is nothing to be done ever
		return nil, err
	}
	for _, f := range n.files {
		remove(f)
	}
	return ids, nil
}

// remove takes a note away, and the id beside it. What fails is met again at
// the next start.
func remove(file string) {
	os.Remove(file + idSuffix)
	os.Remove(file)
}
