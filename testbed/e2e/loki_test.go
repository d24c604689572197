package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed/service"
)

// TestLoki writes lines to a real Loki and finds them again, with its own API.
func TestLoki(t *testing.T) {
	at := use(t, "loki")
	now := time.Now()
	pushLines(t, at, map[string]string{"job": "smoke", "level": "info"}, now, "msg=started", "msg=boom code=7", "msg=stopped")

	t.Run("ready", func(t *testing.T) {
		var build struct{ Version string }
		if err := getJSON(at.URL+"/loki/api/v1/status/buildinfo", &build); err != nil || build.Version != at.Version {
			t.Errorf("the Loki is %q (%v), want %s", build.Version, err, at.Version)
		}
	})
	t.Run("query_range", func(t *testing.T) {
		streams := lokiRange(t, at, `{job="smoke"} |= "boom" | logfmt`, now)
		if len(streams) != 1 || len(streams[0].Values) != 1 || streams[0].Values[0][1] != "msg=boom code=7" || streams[0].Stream["code"] != "7" {
			t.Errorf("the streams are %+v", streams)
		}
	})
	t.Run("metric", func(t *testing.T) {
		var got struct {
			Data struct{ Result []struct{ Value [2]any } }
		}
		query := url.Values{"query": {`sum(count_over_time({job="smoke"}[5m]))`}}
		if err := getJSON(at.URL+"/loki/api/v1/query?"+query.Encode(), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Data.Result) != 1 || got.Data.Result[0].Value[1] != "3" {
			t.Errorf("counted are %+v", got.Data.Result)
		}
	})
	t.Run("labels", func(t *testing.T) {
		for path, want := range map[string]string{"labels": "job", "label/job/values": "smoke"} {
			var got struct{ Data []string }
			if err := getJSON(at.URL+"/loki/api/v1/"+path, &got); err != nil || !slices.Contains(got.Data, want) {
				t.Errorf("%s are %q (%v), without %s", path, got.Data, err, want)
			}
		}
	})
	t.Run("bad query", func(t *testing.T) {
		err := getJSON(at.URL+"/loki/api/v1/query_range?query="+url.QueryEscape(`{job=`), nil)
		if err == nil || !strings.Contains(err.Error(), "400 Bad Request: parse error") {
			t.Errorf("a query that does not parse gives %v", err)
		}
	})
}

// pushLines writes lines of one stream, a millisecond apart, the last one now.
func pushLines(t *testing.T, at service.Endpoint, labels map[string]string, now time.Time, lines ...string) {
	t.Helper()
	s := &pushedStream{Stream: labels}
	for n, line := range lines {
		s.add(now.Add(time.Duration(n-len(lines)+1)*time.Millisecond), line)
	}
	pushStreams(t, at, s)
}

func pushStreams(t *testing.T, at service.Endpoint, streams ...*pushedStream) {
	t.Helper()
	body, err := json.Marshal(map[string][]*pushedStream{"streams": streams})
	if err != nil {
		t.Fatal(err)
	}
	response, err := browser.Post(at.URL+"/loki/api/v1/push", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		text, _ := io.ReadAll(response.Body) // the status says enough
		t.Fatalf("pushing gives %s: %s", response.Status, text)
	}
}

type lokiStream struct {
	Stream map[string]string
	Values [][2]string
}

// lokiRange asks for the lines around a time.
func lokiRange(t *testing.T, at service.Endpoint, query string, around time.Time) []lokiStream {
	t.Helper()
	var got struct {
		Data struct{ Result []lokiStream }
	}
	values := url.Values{
		"query": {query}, "start": {fmt.Sprint(around.Add(-time.Minute).UnixNano())}, "end": {fmt.Sprint(around.Add(time.Minute).UnixNano())},
	}
	if err := getJSON(at.URL+"/loki/api/v1/query_range?"+values.Encode(), &got); err != nil {
		t.Fatal(err)
	}
	return got.Data.Result
}
