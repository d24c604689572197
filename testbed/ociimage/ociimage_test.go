package ociimage_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/loom-core/loom/testbed/ociimage"
)

// files are those of an archive, by name.
func files(t *testing.T, raw []byte) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for r := tar.NewReader(bytes.NewReader(raw)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if out[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	image := ociimage.Image{Ref: "loom.test/hello:dev", Program: filepath.Join(dir, "hello")}
	if err := os.WriteFile(image.Program, []byte("a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "hello.tar")
	if err := image.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	outer := files(t, raw)
	var manifest []struct {
		Config           string
		RepoTags, Layers []string
	}
	if err := json.Unmarshal(outer["manifest.json"], &manifest); err != nil || len(manifest) != 1 {
		t.Fatalf("the manifest is %s (%v)", outer["manifest.json"], err)
	}
	if m := manifest[0]; len(m.RepoTags) != 1 || m.RepoTags[0] != image.Ref || len(m.Layers) != 1 {
		t.Errorf("the manifest is %s", outer["manifest.json"])
	}
	var config struct {
		Config struct{ Entrypoint []string }
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	if err := json.Unmarshal(outer[manifest[0].Config], &config); err != nil {
		t.Fatal(err)
	}
	layer := outer[manifest[0].Layers[0]]
	if want := fmt.Sprintf("[sha256:%x]", sha256.Sum256(layer)); fmt.Sprint(config.RootFS.DiffIDs) != want {
		t.Errorf("the layers are %v, want %s", config.RootFS.DiffIDs, want)
	}
	if fmt.Sprint(config.Config.Entrypoint) != "[/hello]" || string(files(t, layer)["hello"]) != "a program" {
		t.Errorf("the entrypoint is %v, and the layer has %q", config.Config.Entrypoint, files(t, layer))
	}

	var again bytes.Buffer
	if err := image.Write(&again); err != nil || !bytes.Equal(again.Bytes(), raw) {
		t.Errorf("the same program gives another image (%v)", err)
	}
}

func TestNoProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.tar")
	if err := (ociimage.Image{Ref: "loom.test/none:dev", Program: "/nowhere/none"}).WriteFile(path); err == nil {
		t.Error("an image of no program is written")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("half an image is left")
	}
}

// TestNames: an image and its program can have several names.
func TestNames(t *testing.T) {
	image := ociimage.Image{Ref: "loom.test/one:1", Refs: []string{"loom.test/two:1"}, Program: filepath.Join(t.TempDir(), "all"), Links: []string{"one", "two"}}
	if err := os.WriteFile(image.Program, []byte("a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	var raw bytes.Buffer
	if err := image.Write(&raw); err != nil {
		t.Fatal(err)
	}
	outer := files(t, raw.Bytes())
	if !bytes.Contains(outer["manifest.json"], []byte(`"RepoTags":["loom.test/one:1","loom.test/two:1"]`)) {
		t.Errorf("the manifest is %s", outer["manifest.json"])
	}
	links := 0
	for r := tar.NewReader(bytes.NewReader(outer["layer.tar"])); ; {
		h, err := r.Next()
		if err != nil {
			break
		}
		if h.Typeflag == tar.TypeSymlink && h.Linkname == "all" {
			links++
		}
	}
	if links != 2 {
		t.Errorf("the program has %d other names", links)
	}
}
