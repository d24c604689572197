package mask

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// ErrTooLarge is why an answer was not read.
var ErrTooLarge = errors.New("the answer of the API server is too large")

// MaxBody is how much of an answer is read.
const MaxBody = 64 << 20

// Transport masks the objects in the answers of Base, which are JSON or, for
// clients that decode into Go types, protobuf. Discovery and schemas have none
// and pass as they are, and so does what is neither: we ask for nothing else
// but logs.
type Transport struct {
	Base  http.RoundTripper
	Typed bool // for clients that decode into Go types
}

// RoundTrip implements [http.RoundTripper].
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.Base.RoundTrip(req)
	if err != nil || resp.Body == nil {
		return resp, err
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind != "application/json" && kind != Protobuf {
		return resp, nil
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	resp.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("reading the answer of the API server: %w", err)
	}
	if len(raw) > MaxBody {
		return nil, ErrTooLarge
	}
	if resp.StatusCode/100 == 2 && hasObjects(req.URL.Path) {
		if kind == Protobuf {
			raw, err = protobufBody(raw)
		} else {
			raw, err = t.mask(raw, kindAt(req.URL.Path))
		}
		if err != nil {
			return nil, err
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	resp.ContentLength = int64(len(raw))
	resp.Header.Set("Content-Length", strconv.Itoa(len(raw)))
	return resp, nil
}

func (t *Transport) mask(raw []byte, kind string) ([]byte, error) {
	var o map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&o); err != nil {
		return nil, fmt.Errorf("decoding the answer of the API server: %w", err)
	}
	Object(o, kind, t.Typed)
	return json.Marshal(o)
}

// hasObjects is false for what describes the API. Names are not looked at: an
// object may be called anything.
func hasObjects(path string) bool {
	at := -1 // a proxy in front may serve the API under a prefix
	for _, root := range []string{"/api/v1/", "/apis/"} {
		if i := strings.Index(path, root); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	if at < 0 || strings.HasSuffix(path[:at], "/openapi/v3") {
		return false
	}
	return strings.Count(strings.Trim(path[at:], "/"), "/") >= 2 && !groupVersion(path[at:])
}

// kindAt is the kind at a path, of those whose data is hidden, for answers that
// do not say what they are.
func kindAt(path string) string {
	for part := range strings.SplitSeq(path, "/") {
		switch part {
		case "secrets":
			return "Secret"
		case "configmaps":
			return "ConfigMap"
		}
	}
	return ""
}

// groupVersion reports whether a path is /apis/group/version alone.
func groupVersion(path string) bool {
	return strings.HasPrefix(path, "/apis/") && strings.Count(strings.Trim(path, "/"), "/") == 2
}
