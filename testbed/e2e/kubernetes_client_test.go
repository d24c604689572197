package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
)

// client is one user of a cluster.
type client struct {
	*kubernetes.Clientset
	config *rest.Config
}

// as reads a kubeconfig and takes the context of a user.
func as(t *testing.T, kubeconfig, user string) client {
	t.Helper()
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		&clientcmd.ClientConfigLoadingRules{ExplicitPath: kubeconfig},
		&clientcmd.ConfigOverrides{CurrentContext: user},
	).ClientConfig()
	if err != nil {
		t.Fatal(err)
	}
	config.Timeout = 30 * time.Second
	set, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client{set, config}
}

// exec runs a command in a pod. It has a buffer for each stream and an executor of
// its own: with one buffer for both, or an executor that was used before, the
// answer is empty or never comes.
func (c client) exec(ctx context.Context, namespace, pod, stdin string, command ...string) (stdout, stderr string, err error) {
	config := rest.CopyConfig(c.config)
	config.Timeout = 0 // the stream's end is that of ctx
	options := &corev1.PodExecOptions{Command: command, Stdout: true, Stderr: true, Stdin: stdin != ""}
	url := c.CoreV1().RESTClient().Post().Resource("pods").Namespace(namespace).Name(pod).SubResource("exec").
		VersionedParams(options, scheme.ParameterCodec).URL()
	executor, err := remotecommand.NewWebSocketExecutor(config, http.MethodGet, url.String())
	if err != nil {
		return "", "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var out, errs bytes.Buffer
	streams := remotecommand.StreamOptions{Stdout: &out, Stderr: &errs}
	if stdin != "" {
		streams.Stdin = strings.NewReader(stdin)
	}
	err = executor.StreamWithContext(ctx, streams)
	return out.String(), errs.String(), err
}

// fetch gets a path from port 8080 of a pod through a port-forward.
func (c client) fetch(namespace, pod, path string) (string, error) {
	transport, upgrader, err := spdy.RoundTripperFor(c.config)
	if err != nil {
		return "", err
	}
	url := c.CoreV1().RESTClient().Post().Resource("pods").Namespace(namespace).Name(pod).SubResource("portforward").URL()
	dialer := spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, url)
	stop, ready := make(chan struct{}), make(chan struct{})
	forwarder, err := portforward.NewOnAddresses(dialer, []string{"127.0.0.1"}, []string{"0:8080"}, stop, ready, io.Discard, io.Discard)
	if err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- forwarder.ForwardPorts() }() // ends with stop
	defer func() { close(stop) }()
	select {
	case <-ready:
	case err := <-ended:
		return "", fmt.Errorf("forwarding a port: %w", err)
	case <-time.After(20 * time.Second):
		return "", fmt.Errorf("forwarding a port: no answer")
	}
	ports, err := forwarder.GetPorts()
	if err != nil {
		return "", err
	}
	client := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d%s", ports[0].Local, path))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	return string(raw), err
}
