package containers

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/loom-core/loom/testbed/program"
	"github.com/loom-core/loom/testbed/service"
)

// keyLabel is the label of a local image that says what it was made of.
const keyLabel = "loom.testbed.key"

// recipe is raised when an image is made in another way.
const recipe = "1"

// key is the value of that label.
func key(of ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(append(of, recipe), "\x00")))
	return hex.EncodeToString(sum[:8])
}

// make makes the image of the program, unless the engine has it.
func (i image) make(ctx context.Context, docker *client.Client, h service.Host) (id string, err error) {
	binary, err := i.program.Build(ctx, h.Cache, h.Say, h.Owned)
	if err != nil {
		return "", err
	}
	m := made{
		reference: "loom.test/" + i.program.Name + ":" + i.program.Version,
		key:       key(append([]string{filepath.Base(filepath.Dir(binary)), i.path, suite()}, i.packages...)...),
		changes:   []string{"ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		write:     func(w io.Writer) error { return writeScratch(w, i.path, binary) },
	}
	if len(i.packages) > 0 {
		m.write = func(w io.Writer) error { return i.writeBased(ctx, h, w, binary) }
	}
	return m.get(ctx, docker, h)
}

// made is an image that is imported from an archive of its files.
type made struct {
	reference, key string
	changes        []string // lines of a Dockerfile
	write          func(w io.Writer) error
}

// get returns the image's id. It is made once for each key by one of those who want
// it, and takes the place of an older one.
func (m made) get(ctx context.Context, docker *client.Client, h service.Host) (id string, err error) {
	lock := filepath.Join(h.Cache, "image-"+strings.NewReplacer("/", "-", ":", "-").Replace(m.reference)+".lock")
	unlock, err := program.Lock(ctx, lock, func() { h.Say("another run is making " + m.reference + ": waiting") })
	if err != nil {
		return "", err
	}
	defer unlock()
	found, err := docker.ImageInspect(ctx, m.reference)
	if err == nil && found.Config != nil && found.Config.Labels[keyLabel] == m.key {
		return found.ID, nil
	}
	if err != nil && !cerrdefs.IsNotFound(err) {
		return "", fmt.Errorf("looking for the image %s: %w", m.reference, err)
	}
	h.Say("making the image " + m.reference + ", once")
	began := time.Now()
	if err := m.load(ctx, docker); err != nil {
		return "", fmt.Errorf("making the image %s: %w", m.reference, err)
	}
	fresh, err := docker.ImageInspect(ctx, m.reference)
	if err != nil {
		return "", fmt.Errorf("looking for the image %s: %w", m.reference, err)
	}
	h.Say(fmt.Sprintf("made it in %.0f s: %d MB", time.Since(began).Seconds(), fresh.Size>>20))
	// Those that it and others before it took the place of, unless a run still has them.
	docker.ImagePrune(ctx, client.ImagePruneOptions{Filters: make(client.Filters).Add("dangling", "true").Add("label", keyLabel)})
	return fresh.ID, nil
}

// load imports the archive while it is written.
func (m made) load(ctx context.Context, docker *client.Client) error {
	out, in := io.Pipe()
	written := make(chan error, 1)
	go func() { // ends with what it writes, or with the import
		err := m.write(in)
		in.CloseWithError(err)
		written <- err
	}()
	source := client.ImageImportSource{Source: out, SourceName: "-"}
	result, err := docker.ImageImport(ctx, source, m.reference, client.ImageImportOptions{
		Changes: append(m.changes, fmt.Sprintf("LABEL %s=%s", keyLabel, m.key)),
	})
	if err == nil {
		err = imported(result)
		result.Close()
	}
	out.CloseWithError(errors.New("the import ended"))
	if failed := <-written; failed != nil && !errors.Is(failed, io.ErrClosedPipe) {
		return failed
	}
	return err
}

// imported reads what the engine says of an import.
func imported(result io.Reader) error {
	for in := json.NewDecoder(result); ; {
		var line struct{ Error string }
		err := in.Decode(&line)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if line.Error != "" {
			return errors.New(line.Error)
		}
	}
}

// writeScratch writes the files of an image with one program.
func writeScratch(to io.Writer, place, binary string) error {
	f, err := os.Open(binary)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	w := tar.NewWriter(to)
	write := func(name string, mode int64) error {
		return w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: mode})
	}
	if err := write("tmp", 0o1777); err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: strings.TrimPrefix(path.Clean(place), "/"), Mode: 0o755, Size: info.Size()}); err != nil {
		return err
	}
	if _, err := io.Copy(w, f); err != nil {
		return err
	}
	return w.Close()
}
