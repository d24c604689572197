package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/cluster"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
)

// maxGreeting is how much is read of what a server says by itself.
const maxGreeting = 512

// greeting connects to what is behind a port of a pod or Service.
func (s *session) greeting(ctx context.Context, t target, port string, p *probed) (string, error) {
	pod, number, why, err := s.behind(ctx, t, port)
	if err != nil || why != "" {
		p.Why = why
		return "", err
	}
	p.Target = fmt.Sprintf("%s port %s: %s port %d", t, port, pod, number)
	return s.connect(ctx, pod, number, p)
}

// connect opens one TCP connection to a port of a pod, in the way of a port
// forward, says nothing, and reads what is said first, as SSH, SMTP and MySQL do.
// That the connection stands shows in three ways: something is said, the other
// side closes it without an error, or neither happens until ctx ends, which a
// port that refuses does not take.
func (s *session) connect(ctx context.Context, pod target, port int, p *probed) (greeting string, err error) {
	forward, err := s.forward(ctx, pod)
	if err != nil {
		return "", s.Error(ctx, err, cluster.Request{Verb: "forward a port of", Kind: pod.kind, Namespace: pod.namespace, Name: pod.name})
	}
	defer forward.Close() // ends the readers
	stream := func(kind string) (httpstream.Stream, error) {
		return forward.CreateStream(http.Header{corev1.StreamType: {kind}, corev1.PortHeader: {strconv.Itoa(port)}, corev1.PortForwardRequestIDHeader: {"0"}})
	}
	failures, err := stream(corev1.StreamTypeError)
	if err != nil {
		return "", kit.Errorf(kit.Unavailable, "forwarding port %d of %s: %w", port, pod, err)
	}
	failures.Close() // nothing is written to it
	data, err := stream(corev1.StreamTypeData)
	if err != nil {
		return "", kit.Errorf(kit.Unavailable, "forwarding port %d of %s: %w", port, pod, err)
	}
	said, failed := make(chan string, 1), make(chan string, 1)
	go func() { // ends with forward
		buf := make([]byte, maxGreeting)
		n, _ := data.Read(buf)
		said <- string(buf[:n])
	}()
	go func() { // ends with forward
		raw, _ := io.ReadAll(io.LimitReader(failures, 4<<10))
		failed <- string(raw)
	}()
	for said := said; ; {
		select {
		case text := <-said:
			if text != "" {
				p.Reachable = true
				return printable(text), nil
			}
			said = nil // closed: the other stream says why
		case why := <-failed:
			if why != "" {
				p.Why = refusal(why)
				return "", nil
			}
			p.Reachable, p.Why = true, "it takes connections, and closes one on which nothing is said"
			return "", nil
		case <-ctx.Done():
			p.Reachable, p.Why = true, "it takes connections, and waits to be spoken to"
			return "", nil
		}
	}
}

// refusal is the part of what a node says that is about the port, and not about
// the namespaces in which it tried.
func refusal(why string) string {
	if _, rest, ok := strings.Cut(why, "dial tcp"); ok {
		why = "dial tcp" + rest
	}
	return shortened(strings.TrimSpace(why))
}

func printable(text string) string {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return fmt.Sprintf("[%d bytes that are no text]\n", len(text))
	}
	return text
}

// forward is a connection to a pod over a WebSocket, or over SPDY where an API
// server or a proxy does not know those. Its dialers know no context.
func (s *session) forward(ctx context.Context, pod target) (httpstream.Connection, error) {
	address := s.Typed().CoreV1().RESTClient().Post().Resource("pods").Namespace(pod.namespace).Name(pod.name).SubResource("portforward").URL()
	config := s.Streaming()
	socket, err := portforward.NewSPDYOverWebsocketDialer(address, config)
	if err != nil {
		return nil, err
	}
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	dialer := portforward.NewFallbackDialer(socket, spdy.NewDialer(upgrader, &http.Client{Transport: transport, CheckRedirect: refuseRedirect}, http.MethodPost, address), httpstream.IsUpgradeFailure)
	type answer struct {
		httpstream.Connection
		error
	}
	done := make(chan answer, 1)
	go func() { // ends with the answer of the API server
		c, _, err := dialer.Dial(portforward.PortForwardProtocolV1Name)
		done <- answer{c, err}
	}()
	select {
	case a := <-done:
		return a.Connection, a.error
	case <-ctx.Done():
		go func() { // nobody wants it any more
			if a := <-done; a.error == nil {
				a.Close()
			}
		}()
		return nil, context.Cause(ctx)
	}
}
