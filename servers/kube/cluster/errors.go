package cluster

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kube/mask"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Request is what somebody wanted, for the message of an error.
type Request struct {
	Verb      string
	Kind      Kind
	Namespace string
	Name      string
}

func (r Request) String() string {
	var b strings.Builder
	b.WriteString(r.Verb)
	if r.Kind.Resource != "" {
		b.WriteString(" " + r.Kind.GroupResource())
	}
	if r.Name != "" {
		fmt.Fprintf(&b, " %q", r.Name)
	}
	if r.Namespace != "" {
		fmt.Fprintf(&b, " in namespace %q", r.Namespace)
	}
	return b.String()
}

var codes = map[metav1.StatusReason]kit.Code{
	metav1.StatusReasonUnauthorized:          kit.Unauthenticated,
	metav1.StatusReasonForbidden:             kit.PermissionDenied,
	metav1.StatusReasonNotFound:              kit.NotFound,
	metav1.StatusReasonAlreadyExists:         kit.Conflict,
	metav1.StatusReasonConflict:              kit.Conflict,
	metav1.StatusReasonGone:                  kit.CursorExpired,
	metav1.StatusReasonExpired:               kit.CursorExpired,
	metav1.StatusReasonInvalid:               kit.InvalidArgument,
	metav1.StatusReasonBadRequest:            kit.InvalidArgument,
	metav1.StatusReasonMethodNotAllowed:      kit.Unsupported,
	metav1.StatusReasonNotAcceptable:         kit.Unsupported,
	metav1.StatusReasonTooManyRequests:       kit.RateLimited,
	metav1.StatusReasonTimeout:               kit.Timeout,
	metav1.StatusReasonServerTimeout:         kit.Timeout,
	metav1.StatusReasonServiceUnavailable:    kit.Unavailable,
	metav1.StatusReasonInternalError:         kit.Unavailable,
	metav1.StatusReasonRequestEntityTooLarge: kit.TooLarge,
}

// Error says what an error of a client means. A denial is asked about, since the
// answer of the API server does not say what would be allowed.
func (c *Cluster) Error(ctx context.Context, err error, want Request) error {
	var known *kit.Error
	var status apierrors.APIStatus
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, mask.ErrTooLarge):
		return kit.Errorf(kit.TooLarge, "%s: the answer is over %d MiB", want, mask.MaxBody>>20).WithHint("ask for fewer: per_page, a namespace or a selector")
	case errors.As(err, &status):
		return c.statusError(ctx, err, status.Status(), want)
	}
	return c.transportError(err, want)
}

func (c *Cluster) statusError(ctx context.Context, err error, status metav1.Status, want Request) error {
	status.Message = brief(status.Message)
	e := &kit.Error{Code: codes[status.Reason], Message: status.Message, Status: int(status.Code), Err: err}
	if e.Code == "" {
		e.Code = kit.Internal
		if status.Code >= http.StatusInternalServerError {
			e.Code = kit.Unavailable
		}
	}
	if seconds, ok := apierrors.SuggestsClientDelay(err); ok && seconds > 0 {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	switch e.Code {
	case kit.PermissionDenied:
		e.Message = fmt.Sprintf("not allowed to %s: %s", want, status.Message)
		e.Hint = c.explain(ctx, want)
	case kit.Unauthenticated:
		e.Message = fmt.Sprintf("the API server does not accept the credentials of context %q", c.Context)
		e.Hint = c.loginHint()
	case kit.CursorExpired:
		e.Message = "the list has changed too much since the page before: the API server keeps its state for some minutes only"
		e.Hint = "begin again without cursor; a larger per_page needs fewer pages"
	case kit.Unavailable:
		if want.Kind.Group != "" && strings.Contains(want.Kind.Group, ".") {
			e.Hint = fmt.Sprintf("the API %s may be served by an extension that is down: list_resources kind=apiservices name=*%s", want.Kind.GroupVersion(), want.Kind.Group)
		}
	case kit.NotFound:
		if want.Kind.Resource == "" || want.Name == "" {
			e.Hint = "list_api_resources says what the cluster serves"
		}
	}
	return e
}

// transportError is for what was no answer of an API server.
func (c *Cluster) transportError(err error, want Request) error {
	text := err.Error()
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var dns *net.DNSError
	var netErr net.Error
	e := kit.Errorf(kit.Unavailable, "%s: %w", want, err)
	switch {
	case strings.Contains(text, "getting credentials: ") || strings.Contains(text, "exec plugin"):
		e = kit.Errorf(kit.Unauthenticated, "the credential plugin of context %q failed: %s", c.Context, after(text, "getting credentials: "))
		e.Hint = c.loginHint()
	case strings.Contains(text, "No valid id-token") || strings.Contains(text, "failed to refresh token") || strings.Contains(text, "oidc: "):
		e = kit.Errorf(kit.Unauthenticated, "the OIDC login of context %q has expired and could not be renewed", c.Context)
		e.Hint = c.loginHint()
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid), strings.Contains(text, "x509: "):
		e.Code, e.Hint = kit.FailedPrecondition, fmt.Sprintf("the certificate of %s is not the one that the kubeconfig expects", c.Server)
	case strings.Contains(text, "gave HTTP response to HTTPS client"), strings.Contains(text, "invalid character '<'"):
		e.Code, e.Hint = kit.FailedPrecondition, fmt.Sprintf("is %s a Kubernetes API server?", c.Server)
	case errors.As(err, &dns):
		e.Hint = fmt.Sprintf("the name of %s is not known here; does reaching it need a VPN?", c.Server)
	case errors.As(err, &netErr) && netErr.Timeout():
		e.Hint = fmt.Sprintf("%s does not answer; does reaching it need a VPN?", c.Server)
	case strings.Contains(text, "connection refused"):
		e.Hint = fmt.Sprintf("nothing listens at %s; is the cluster running?", c.Server)
	}
	return e
}

// loginHint is what a human does about credentials that are not good any more.
func (c *Cluster) loginHint() string {
	name, arg, _ := strings.Cut(c.login, " ")
	if c.Context == InCluster {
		return "the token of this pod's ServiceAccount is not accepted: is the ServiceAccount still there, and is the pod of this cluster?"
	}
	switch name {
	case "exec":
		return fmt.Sprintf("credentials come from the program %s: log in with its own tool in a terminal (aws sso login, gcloud auth login, az login, kubelogin), check that it is on this server's PATH, and call again", arg)
	case "oidc":
		return "log in again in a terminal; the new kubeconfig is read at the next call"
	case "token", "token file":
		return "the token has expired or was revoked; whoever runs this server puts a new one into the kubeconfig, which is read at the next call"
	case "certificate":
		return "the client certificate may have expired; whoever runs this server gets a new kubeconfig"
	}
	return "the kubeconfig has no credentials for this context"
}

func after(text, mark string) string {
	if _, rest, ok := strings.Cut(text, mark); ok {
		return rest
	}
	return text
}
