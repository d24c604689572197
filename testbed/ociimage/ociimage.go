// Package ociimage writes container images without a container engine: one
// program in a layer of its own, FROM scratch. Docker loads them, and containerd
// imports them.
package ociimage

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Image is an image with one program, its entrypoint.
type Image struct {
	Ref     string   // name:tag; required
	Program string   // file of the machine; required
	Refs    []string // further names of the image
	Links   []string // further names of the program
}

// WriteFile writes the image as an archive, whole or not at all.
func (i Image) WriteFile(path string) error {
	half := path + ".half"
	defer os.Remove(half)
	f, err := os.Create(half)
	if err != nil {
		return fmt.Errorf("writing image %s: %w", i.Ref, err)
	}
	err = i.Write(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(half, path)
	}
	if err != nil {
		return fmt.Errorf("writing image %s: %w", i.Ref, err)
	}
	return nil
}

// Write writes the image as a docker-archive. The same program gives the same
// bytes.
func (i Image) Write(to io.Writer) error {
	program, err := os.ReadFile(i.Program)
	if err != nil {
		return err
	}
	name := filepath.Base(i.Program)
	files := []file{{name: name, mode: 0o755, data: program}}
	for _, link := range i.Links {
		files = append(files, file{name: link, mode: 0o777, link: name})
	}
	layer, err := archive(files...)
	if err != nil {
		return err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{"Entrypoint": []string{"/" + name}, "Env": []string{"PATH=/"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(layer))}},
	})
	if err != nil {
		return err
	}
	configName := fmt.Sprintf("%x.json", sha256.Sum256(config))
	manifest, err := json.Marshal([]map[string]any{{
		"Config": configName, "RepoTags": append([]string{i.Ref}, i.Refs...), "Layers": []string{"layer.tar"},
	}})
	if err != nil {
		return err
	}
	all, err := archive(file{name: configName, mode: 0o644, data: config}, file{name: "layer.tar", mode: 0o644, data: layer}, file{name: "manifest.json", mode: 0o644, data: manifest})
	if err != nil {
		return err
	}
	_, err = to.Write(all)
	return err
}

type file struct {
	name string
	mode int64
	data []byte
	link string // where it leads, if it is a link
}

func archive(files ...file) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		h := tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.data)), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if f.link != "" {
			h.Typeflag, h.Linkname = tar.TypeSymlink, f.link
		}
		if err := w.WriteHeader(&h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
