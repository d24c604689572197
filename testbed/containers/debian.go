package containers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/loom-core/loom/testbed/run"
	"github.com/loom-core/loom/testbed/service"
)

// suite is the Debian of this machine: what is linked here runs there.
func suite() string {
	release, _ := os.ReadFile("/etc/os-release") // without it the default has to do
	values := variables(strings.Split(string(release), "\n"))
	if name := strings.Trim(values["VERSION_CODENAME"], `"`); name != "" && strings.Trim(values["ID"], `"`) == "debian" {
		return name
	}
	return "bookworm"
}

// mirror is where this machine has its packages from; debootstrap has a default.
func mirror() string {
	files, _ := filepath.Glob("/etc/apt/sources.list.d/*.sources") // the pattern is good
	for _, file := range append(files, "/etc/apt/sources.list") {
		text, _ := os.ReadFile(file)
		if url := mirrorIn(string(text)); url != "" {
			return url
		}
	}
	return ""
}

// mirrorIn finds the first address of packages in a file of apt's, of either form.
func mirrorIn(text string) string {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "URIs:" && fields[0] != "deb" {
			continue
		}
		for _, field := range fields[1:] {
			if strings.HasPrefix(field, "http://") || strings.HasPrefix(field, "https://") {
				return field
			}
		}
	}
	return ""
}

// debootstrap makes a small Debian with some packages in dir.
func debootstrap(ctx context.Context, h service.Host, dir string, packages []string) error {
	if _, err := exec.LookPath("debootstrap"); err != nil {
		return errors.New("a local image needs debootstrap: apt-get install debootstrap")
	}
	if os.Getuid() != 0 {
		return errors.New("debootstrap needs root: leave LOOM_TESTBED_IMAGES out to have images pulled")
	}
	args := []string{"--variant=minbase", "--include=" + strings.Join(packages, ","), suite(), dir}
	if url := mirror(); url != "" {
		args = append(args, url)
	}
	h.Say("fetching Debian packages")
	return command(ctx, h, nil, "debootstrap", args...)
}

// command runs a command that makes an image, and ends it with the run. Without out
// what it prints is in the error.
func command(ctx context.Context, h service.Host, out io.Writer, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = out, &said
	if out == nil {
		cmd.Stdout = &said
	}
	cmd.Env, cmd.Dir = append(h.Environ(), "DEBIAN_FRONTEND=noninteractive"), h.Dir
	for _, name := range []string{"http_proxy", "https_proxy", "no_proxy", "DOCKER_HOST"} {
		if value := os.Getenv(name); value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.SysProcAttr = run.Group()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Start(); err != nil {
		return err
	}
	h.Owned(cmd.Process.Pid)
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		text := strings.TrimSpace(said.String())
		return fmt.Errorf("%s: %w: %s", name, err, text[max(0, len(text)-2000):])
	}
	return nil
}

// writeBased writes the files of an image with the program, what it reads beside it,
// and some Debian packages.
func (i image) writeBased(ctx context.Context, h service.Host, to io.Writer, binary string) error {
	root := filepath.Join(h.Dir, "rootfs")
	defer os.RemoveAll(root)
	if err := debootstrap(ctx, h, root, i.packages); err != nil {
		return err
	}
	place := filepath.Join(root, i.path)
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return err
	}
	if err := copyFile(binary, place); err != nil {
		return err
	}
	for _, name := range i.program.Folders {
		if err := os.CopyFS(filepath.Join(filepath.Dir(place), name), os.DirFS(filepath.Join(filepath.Dir(binary), name))); err != nil {
			return err
		}
	}
	return archive(ctx, h, to, root)
}

// archive writes the files below root, without what nobody reads.
func archive(ctx context.Context, h service.Host, to io.Writer, root string) error {
	return command(ctx, h, to, "tar", "-C", root, "--exclude=./var/cache/apt/*", "--exclude=./var/lib/apt/lists/*",
		"--exclude=./usr/share/doc/*", "--exclude=./usr/share/man/*", "--exclude=./usr/share/locale/*", "-c", ".")
}

// copyFile copies a program.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if closed := out.Close(); err == nil {
		err = closed
	}
	return err
}
