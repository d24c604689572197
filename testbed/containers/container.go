package containers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	tcexec "github.com/testcontainers/testcontainers-go/exec"
	"github.com/testcontainers/testcontainers-go/log"

	"github.com/loom-core/loom/testbed/service"
)

// box is the container of a service. Each service has one in it, and with it the
// methods Logs, Stop and Ended.
type box struct {
	logs service.Tail

	mu     sync.Mutex
	docker *client.Client
	made   testcontainers.Container // nil before it was, and after it was removed
	ended  chan struct{}            // closed when it has
	how    string                   // it ended
}

// spec is what a container is started with.
type spec struct {
	image   image
	command []string // the program's arguments
	env     map[string]string
	files   map[string]string // by path
	port    string            // in it, and of loopback
}

// port is a free one. A service listens at the same one in its container, so that
// what it says of its own address is true.
func freePort() (port, url string, err error) {
	ports, err := service.FreePorts(1)
	if err != nil {
		return "", "", err
	}
	return ports[0], "http://" + net.JoinHostPort("127.0.0.1", ports[0]), nil
}

// creationTime is how long an engine gets to make a container: far longer than it
// takes on a busy machine.
const creationTime = time.Minute

// start makes the container and runs it, as root: what an image's own user may
// write to is another thing in each.
func (b *box) start(ctx context.Context, h service.Host, s spec) error {
	docker, err := connect(ctx)
	if err != nil {
		return err
	}
	id, err := s.image.get(ctx, docker, h)
	if err != nil {
		return err
	}
	if err := remember(h, label+"="+h.Dir); err != nil {
		return err
	}
	port, err := network.ParsePort(s.port + "/tcp")
	if err != nil {
		return err
	}
	request := testcontainers.ContainerRequest{
		Image: id, Entrypoint: []string{s.image.path}, Cmd: s.command, Env: s.env, Labels: map[string]string{label: h.Dir},
		ExposedPorts:   []string{port.String()},
		ConfigModifier: func(c *container.Config) { c.User = "0:0" },
		HostConfigModifier: func(c *container.HostConfig) {
			c.PortBindings = network.PortMap{port: {{HostIP: netip.MustParseAddr("127.0.0.1"), HostPort: s.port}}}
		},
	}
	for path, text := range s.files {
		request.Files = append(request.Files, testcontainers.ContainerFile{Reader: bytes.NewReader([]byte(text)), ContainerFilePath: path, FileMode: 0o600})
	}
	// Not called off in the middle: the engine would go on, with nobody to remove it.
	making, cancel := context.WithTimeout(context.WithoutCancel(ctx), creationTime)
	defer cancel()
	made, err := testcontainers.GenericContainer(making, testcontainers.GenericContainerRequest{ContainerRequest: request, Started: true, Logger: log.NewNoopLogger()})
	b.mu.Lock()
	b.docker, b.made = docker, made
	b.mu.Unlock()
	if err != nil {
		return errors.Join(fmt.Errorf("starting its container: %w", err), b.Stop(context.WithoutCancel(ctx)))
	}
	b.watch(made.GetContainerID())
	return nil
}

// watch follows what the container writes and waits for its end.
func (b *box) watch(id string) {
	b.ended = make(chan struct{})
	ctx := context.Background() // both end with the container, or with the engine
	var followed sync.WaitGroup
	followed.Go(func() {
		out, err := b.docker.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Follow: true})
		if err != nil {
			fmt.Fprintf(&b.logs, "(its log cannot be read: %v)\n", err)
			return
		}
		defer out.Close()
		stdcopy.StdCopy(&b.logs, &b.logs, out) // the end of the container is no error of ours
	})
	wait := b.docker.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	go func() {
		select {
		case end := <-wait.Result:
			b.how = fmt.Sprintf("its container exited with %d", end.StatusCode)
		case err := <-wait.Error:
			b.how = fmt.Sprintf("the engine lost it: %v", err)
		}
		done := make(chan struct{})
		go func() { followed.Wait(); close(done) }()
		select { // its last lines
		case <-done:
		case <-time.After(2 * time.Second):
		}
		fmt.Fprintf(&b.logs, "(%s)\n", b.how)
		close(b.ended)
	}()
}

// answers waits until is has no error. If that does not come the container is
// removed.
func (b *box) answers(ctx context.Context, is func(context.Context) error) error {
	err := service.Answers(ctx, b.ended, is)
	if errors.Is(err, service.ErrEnded) {
		err = fmt.Errorf("%w: %s", err, b.how)
	}
	if err != nil {
		err = errors.Join(err, b.Stop(context.WithoutCancel(ctx)))
	}
	return err
}

// once runs a command in the container, and returns what it printed.
func (b *box) once(ctx context.Context, what string, env, command []string) (string, error) {
	code, out, err := b.made.Exec(ctx, command, tcexec.Multiplexed(), tcexec.WithEnv(env))
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	text, err := io.ReadAll(out)
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	if code != 0 {
		b.logs.Write(text)
		return "", fmt.Errorf("%s: exit status %d", what, code)
	}
	return string(text), nil
}

// Logs are the last lines that it wrote.
func (b *box) Logs() string { return b.logs.String() }

// Ended is closed when the container has ended.
func (b *box) Ended() <-chan struct{} { return b.ended }

// grace is how long a container gets to end by itself.
const grace = 10 * time.Second

// Stop ends the container and removes it with its volumes.
func (b *box) Stop(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.made == nil {
		return nil
	}
	err := b.made.Terminate(ctx, testcontainers.StopContext(ctx), testcontainers.StopTimeout(grace))
	if err != nil && !cerrdefs.IsNotFound(err) {
		// By force, and whatever ctx says: nothing may be left.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		_, err = b.docker.ContainerRemove(ctx, b.made.GetContainerID(), client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		if err != nil && !cerrdefs.IsNotFound(err) {
			return fmt.Errorf("removing its container: %w", err)
		}
	}
	b.made = nil
	return nil
}
