package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"
)

type execArgs struct {
	Name      string   `arg:"name,required" doc:"of the pod"`
	Namespace string   `arg:"namespace"`
	Container string   `arg:"container"`
	Command   []string `arg:"command,required,nosplit" doc:"argv, no shell"`
	Stdin     string   `arg:"stdin,raw" doc:"at most 8 KiB"`
	Timeout   string   `arg:"timeout" default:"10s" doc:"at most 20s"`
}

const maxStdin = 8 << 10

func (o *ops) execCommand() kit.Tool {
	return kit.NewTool(kit.Def{
		Name: "exec_command", Title: "Run a command in a pod", Once: true, Hints: destroysNot, Toolset: "exec",
		Description: "Runs a program in a container, and returns its output and exit code.",
		Example:     `{"name": "web-0", "namespace": "shop", "command": ["cat", "/etc/hosts"]}`,
	}, o.exec)
}

// ran is what a command came to.
type ran struct {
	Context    string       `json:"context"`
	Target     string       `json:"target"`
	Container  string       `json:"container"`
	ExitCode   *int         `json:"exit_code"` // null: it still ran when the time was up
	TimedOut   bool         `json:"timed_out,omitempty"`
	Stdout     int          `json:"stdout_bytes"`
	Stderr     int          `json:"stderr_bytes"`
	ApprovedBy kit.Approval `json:"approved_by"`
}

func (o *ops) exec(ctx context.Context, a execArgs) (*kit.Result, error) {
	limit, err := seconds("timeout", a.Timeout, maxWait)
	switch {
	case err != nil:
		return nil, err
	case len(a.Stdin) > maxStdin:
		return nil, kit.Errorf(kit.TooLarge, "stdin has %d bytes, at most %d are taken", len(a.Stdin), maxStdin)
	case len(a.Command) == 1 && strings.ContainsAny(a.Command[0], " \t|;&><$"):
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"command\" is one word with spaces, and there is no shell that would take it apart").
			WithHint(`give each word on its own: ["ls", "-l", "/tmp"]`)
	}
	s, err := o.open(ctx)
	if err != nil {
		return nil, err
	}
	t, err := o.writable(ctx, s, "v1/Pod", a.Name, a.Namespace)
	if err != nil {
		return nil, err
	}
	container, err := s.runningIn(ctx, t, a.Container)
	if err != nil {
		return nil, err
	}
	by, err := kit.Approve(ctx, fmt.Sprintf("Run %q in container %s of %s?\nCluster: %s", a.Command, container, t, s.Context))
	if err != nil {
		return nil, err
	}
	r := ran{Context: s.Context, Target: t.String(), Container: container, ApprovedBy: by}
	var stdout, stderr tail
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err = s.stream(limited, t, container, a, &stdout, &stderr)
	var exit exec.CodeExitError
	switch code := 0; {
	case err == nil:
		r.ExitCode = &code
	case errors.As(err, &exit):
		r.ExitCode = &exit.Code
	case limited.Err() != nil && ctx.Err() == nil:
		r.TimedOut = true // the container goes on with it
	case strings.Contains(err.Error(), "unable to start container process"), strings.Contains(err.Error(), "executable file not found"):
		return nil, notStarted(t, container, a.Command[0], err)
	default:
		return nil, s.Error(ctx, err, cluster.Request{Verb: "exec into", Kind: t.kind, Namespace: t.namespace, Name: t.name})
	}
	r.Stdout, r.Stderr = stdout.all(), stderr.all()
	body := stdout.String()
	if stderr.all() > 0 {
		if body != "" && !strings.HasSuffix(body, "\n") {
			body += "\n"
		}
		body += "--- stderr ---\n" + stderr.String()
	}
	return kit.Payload(r, body).Untrusted().KeepEnd().Narrow("let the command print less"), nil
}

// notStarted is the error for a program that the runtime of the node cannot
// start. Only the last part of what it says is of use.
func notStarted(t target, container, program string, err error) error {
	_, why, ok := strings.Cut(err.Error(), "unable to start container process: ")
	if !ok {
		why = err.Error()
	}
	return kit.Errorf(kit.FailedPrecondition, "container %s of %s cannot start %q: %s", container, t, shortened(program), shortened(why)).
		WithHint("many images have no shell and few programs; name one that this image has")
}

// runningIn is the container of a pod to run in: the one that was named, or the
// only one.
func (s *session) runningIn(ctx context.Context, t target, name string) (string, error) {
	u, err := s.get(ctx, t)
	if err != nil {
		return "", err
	}
	if name != "" {
		if err := cluster.CheckName("container", name); err != nil {
			return "", err
		}
		_, _, err := containerOf(u, podSpecs["pods"], name)
		return name, err
	}
	var names []string
	for one := range strings.SplitSeq(images(u.Object, "spec"), ", ") {
		one, _, _ = strings.Cut(one, "=")
		names = append(names, one)
	}
	if marked := u.GetAnnotations()["kubectl.kubernetes.io/default-container"]; marked != "" {
		return marked, nil
	}
	if len(names) != 1 {
		return "", kit.Errorf(kit.InvalidArgument, "argument \"container\" is required: %s has %s", t, strings.Join(names, ", "))
	}
	return names[0], nil
}

// stream runs the command over a WebSocket, or over SPDY where an API server or
// a proxy does not know those.
func (s *session) stream(ctx context.Context, t target, container string, a execArgs, stdout, stderr *tail) error {
	address := s.Typed().CoreV1().RESTClient().Post().Resource("pods").Namespace(t.namespace).Name(t.name).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Container: container, Command: a.Command, Stdout: true, Stderr: true, Stdin: a.Stdin != ""}, scheme.ParameterCodec).URL()
	config := s.Streaming()
	socket, err := remotecommand.NewWebSocketExecutor(config, http.MethodGet, address.String())
	if err != nil {
		return err
	}
	spdy, err := remotecommand.NewSPDYExecutor(config, http.MethodPost, address)
	if err != nil {
		return err
	}
	executor, err := remotecommand.NewFallbackExecutor(socket, spdy, httpstream.IsUpgradeFailure)
	if err != nil {
		return err
	}
	options := remotecommand.StreamOptions{Stdout: stdout, Stderr: stderr}
	if a.Stdin != "" {
		options.Stdin = strings.NewReader(a.Stdin)
	}
	return executor.StreamWithContext(ctx, options)
}

// tail keeps the end of what is written to it: that is where a command says what
// went wrong, and it may write without end.
type tail struct {
	kept    bytes.Buffer
	dropped int
}

const maxKept = 64 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.kept.Write(p)
	if over := t.kept.Len() - 2*maxKept; over > 0 {
		t.drop()
	}
	return len(p), nil
}

func (t *tail) drop() {
	if over := t.kept.Len() - maxKept; over > 0 {
		t.kept.Next(over)
		t.dropped += over
	}
}

func (t *tail) all() int { return t.dropped + t.kept.Len() }

func (t *tail) String() string {
	t.drop()
	if !utf8.Valid(t.kept.Bytes()) && bytes.IndexByte(t.kept.Bytes(), 0) >= 0 {
		return fmt.Sprintf("[%d bytes that are no text]\n", t.all())
	}
	if t.dropped > 0 {
		return fmt.Sprintf("[%d bytes before this were dropped]\n", t.dropped) + t.kept.String()
	}
	return t.kept.String()
}
