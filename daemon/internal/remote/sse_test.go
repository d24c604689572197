package remote

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// readAll lists the events of a stream and where it stands after them.
func readAll(src io.Reader, limit int) (list []string, pos position, err error) {
	events := newEvents(src, limit, &pos)
	for {
		ev, err := events.next()
		if err != nil {
			return list, pos, err
		}
		list = append(list, fmt.Sprintf("%s|%s|%d|%s", ev.kind, ev.data, ev.size-len(ev.data), pos.id))
	}
}

func TestEvents(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"one", "data: a\n\n", "|a|0|"},
		{"line ends", "data:a\r\n\r\ndata:b\r\rdata:c\n\n", "|a|0| |b|0| |c|0|"},
		{"lines", "data: a\ndata\ndata:  b\n\n", "|a\n\n b|0|"},
		{"mark", "\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n", "|a|0|"},
		{"comments and blanks", "\n\n: c\n\n:\ndata: a\n\n", "|a|0|"},
		{"kinds", "event: x\ndata: a\n\ndata: b\n\nevent: y\n\n", "x|a|0| |b|0| y||0|"},
		{"ids", "id: 1\n\ndata: a\n\nid\ndata: b\n\nid: 2\x003\nid: 4\ndata: c\n\nid: 5\n", "||0|1 |a|0|1 |b|0| |c|0|4"},
		{"unknown fields", "Data: x\ndatax: y\nretry: x\n\ndata: a\n\n", "|a|0|"},
		{"not whole", "data: a\n", ""},
		{"at the limit", "data: 0123456789\n\n", "|0123456789|0|"},
		{"over it", "data: 0123456789ab\ndata: c\nid: 1\n\ndata: d\n\n", "|0123456789|4|1 |d|0|1"},
		{"over it in the second line", "data: 01234567\ndata: 9ab\ndata: c\n\ndata:d\n\n", "|01234567\n9|4| |d|0|"},
		{"far over it", "data: " + strings.Repeat("x", 100<<10) + "\n\ndata: d\n\n", "|xxxxxxxxxx|102390| |d|0|"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, src := range []io.Reader{strings.NewReader(tc.in), iotest.OneByteReader(strings.NewReader(tc.in))} {
				list, _, err := readAll(src, 10)
				if got := strings.Join(list, " "); got != tc.want || !errors.Is(err, io.EOF) {
					t.Errorf("got %q, %v; want %q", got, err, tc.want)
				}
			}
		})
	}
}

func TestAnEventComesWithItsLastByte(t *testing.T) {
	r, w := io.Pipe()
	var pos position
	events := newEvents(r, 100, &pos)
	for _, end := range []string{"\n", "\r", "\r\n"} {
		go io.WriteString(w, "data: a"+end+end)
		if ev, err := events.next(); err != nil || string(ev.data) != "a" {
			t.Errorf("%q: %q, %v", end, ev.data, err)
		}
	}
}

func TestRetryIsRead(t *testing.T) {
	for value, want := range map[string]time.Duration{"250": 250 * time.Millisecond, "0": 0, "": 0, "1s": 0, "-1": 0, "4000000000": maxRetry, "99999999999": 0} {
		if _, pos, _ := readAll(strings.NewReader("retry: "+value+"\n\n"), 10); pos.retry != want {
			t.Errorf("retry: %q gives %s", value, pos.retry)
		}
	}
}

// FuzzEvents holds the reader to a slow one that has the whole text, and to
// itself when the text comes in pieces.
func FuzzEvents(f *testing.F) {
	for _, s := range []string{"data: a\n\n", "id: 1\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\n", ":\r\rdata\rid\r\r", "\xef\xbb\xbfevent: x\ndata:\n\n", "data: 0123456789012345678901234567890123456789\n\n"} {
		f.Add([]byte(s))
	}
	const limit = 32
	f.Fuzz(func(t *testing.T, text []byte) {
		whole, at, _ := readAll(bytes.NewReader(text), limit)
		pieces, then, _ := readAll(iotest.OneByteReader(bytes.NewReader(text)), limit)
		if fmt.Sprint(whole, at) != fmt.Sprint(pieces, then) {
			t.Fatalf("whole %q %v, in pieces %q %v", whole, at, pieces, then)
		}
		if want := slowly(string(text), limit); fmt.Sprint(whole) != fmt.Sprint(want) {
			t.Fatalf("%q\n got %q\nwant %q", text, whole, want)
		}
	})
}

func slowly(text string, limit int) (list []string) {
	text = strings.TrimPrefix(text, "\xef\xbb\xbf")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(text, "\n")
	var id, kind string
	var data []string
	last, some := "", false
	for _, line := range lines[:len(lines)-1] { // what follows the last line end is no line
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "":
			if some {
				last = id
				joined := strings.Join(data, "\n")
				kept := joined[:min(len(joined), limit)]
				list = append(list, fmt.Sprintf("%s|%s|%d|%s", kind, kept, len(joined)-len(kept), last))
			}
			id, kind, data, some = last, "", nil, false
		case name == "data":
			data, some = append(data, value), true
		case name == "event":
			kind, some = value, true
		case name == "id" && !strings.Contains(value, "\x00"):
			id, some = value, true
		}
	}
	return list
}
