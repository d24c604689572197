package upstream

import (
	"net/http"
	"sync/atomic"
	"testing"
)

// TestReads: a POST that only asks is sent again, and no other.
func TestReads(t *testing.T) {
	for _, reads := range []bool{true, false} {
		var n atomic.Int32 // a cut answer is there before its handler has ended
		a := serve(t, func(w http.ResponseWriter, r *http.Request) {
			switch n.Add(1) {
			case 1:
				panic(http.ErrAbortHandler)
			case 2:
				say(502, "application/json", `{}`)(w, r)
			default:
				say(200, "application/json", `{}`)(w, r)
			}
		})
		c := open(t, "X_URL="+a.URL)
		_, err := c.Do(t.Context(), Request{Method: "POST", Path: "graphql", JSON: "q", Reads: reads})
		if want := map[bool]int32{true: 3, false: 1}[reads]; n.Load() != want || (err == nil) != reads {
			t.Errorf("reads %v: asked %d times, %v", reads, n.Load(), err)
		}
	}
}
