package jsonrpc

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReaderSplitsLines(t *testing.T) {
	long := `{"a":"` + strings.Repeat("y", 100<<10) + `"}`
	in := "{\"a\":1}\r\n\n \t\n" + long + "\n{\"b\":2}"
	for name, src := range map[string]io.Reader{"whole": strings.NewReader(in), "bytewise": iotest.OneByteReader(strings.NewReader(in))} {
		r := NewReader(src, 0)
		for _, want := range []string{`{"a":1}`, long, `{"b":2}`} {
			got, err := r.Next()
			if err != nil || string(got) != want {
				t.Fatalf("%s: Next = %.40q, %v, want %.40q", name, got, err, want)
			}
		}
		if _, err := r.Next(); err != io.EOF {
			t.Errorf("%s: at the end: %v", name, err)
		}
	}
}

func TestReaderKeepsFramesApart(t *testing.T) {
	r := NewReader(strings.NewReader("{\"a\":1}\n{\"b\":2}\n"), 0)
	first, _ := r.Next()
	if _, err := r.Next(); err != nil || string(first) != `{"a":1}` {
		t.Errorf("the first frame became %q", first)
	}
}

func TestReaderGoesOnAfterATooLargeFrame(t *testing.T) {
	filler := strings.Repeat("x", 200<<10)
	for _, tc := range []struct{ name, frame, id, method string }{
		{"id first", `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"id":1,"t":"` + filler + `"}}`, `7`, "tools/call"},
		{"id last", `{"result":{"id":1,"t":"` + filler + `\"}"},"id":"a,b"}`, `"a,b"`, ""},
		{"no id", `{"method":"notifications/x","params":["` + filler + `"]}`, ``, "notifications/x"},
		{"no JSON", filler, ``, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := NewReader(strings.NewReader(tc.frame+"\n{\"next\":1}\n"), 100<<10)
			var large *TooLargeError
			if _, err := r.Next(); !errors.As(err, &large) {
				t.Fatalf("Next = %v, want a TooLargeError", err)
			}
			if large.Size != len(tc.frame) || string(large.ID) != tc.id || large.Method != tc.method {
				t.Errorf("got size %d id %s method %s", large.Size, large.ID, large.Method)
			}
			if next, err := r.Next(); err != nil || string(next) != `{"next":1}` {
				t.Errorf("the next frame: %q, %v", next, err)
			}
		})
	}
}

// FuzzReader: whatever comes in whatever pieces, the lines are those of the input.
func FuzzReader(f *testing.F) {
	f.Add([]byte("a\n\nb\r\nccc"), 2)
	f.Add(bytes.Repeat([]byte("xyz\n"), 50), 1)
	f.Fuzz(func(t *testing.T, data []byte, max int) {
		max = 1 + (max&0x7fffffff)%64
		r := NewReader(iotest.HalfReader(bytes.NewReader(data)), max)
		for _, line := range bytes.Split(data, []byte("\n")) {
			tooLarge := len(line) > max
			line = bytes.TrimSuffix(line, []byte("\r"))
			if !tooLarge && len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			got, err := r.Next()
			if tooLarge {
				var large *TooLargeError
				if !errors.As(err, &large) {
					t.Fatalf("Next = %q, %v, want TooLargeError", got, err)
				}
			} else if err != nil || !bytes.Equal(got, line) {
				t.Fatalf("Next = %q, %v, want %q", got, err, line)
			}
		}
		if _, err := r.Next(); err != io.EOF {
			t.Fatalf("at the end: %v", err)
		}
	})
}
