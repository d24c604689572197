package jsonrpc

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReaderSplitsLines(t *testing.T) {
	long := `{"a":"` + strings.Repeat("y", 100<<10) + `"}`
	longer := `{"a":"` + strings.Repeat("z", 3<<20) + `"}`
	after := strings.Repeat(`{"c":3}`+"\n", 20000) // more than fits in buf may be read behind a long line
	same := longer[:len(longer)-3] + `xx"}`        // and is read in one piece
	shorter := longer[:1<<20] + `"}`               // in one that is far too large
	longest := longer[:3<<20] + longer[8:]         // in one that is too small
	in := "{\"a\":1}\r\n\n \t\n" + long + "\n" + longer + "\r\n" + same + "\n" + shorter + "\n" + longer + "\n" + longest + "\n" + after + long + "\n\n{\"b\":2}"
	for name, src := range map[string]io.Reader{"whole": strings.NewReader(in), "bytewise": iotest.OneByteReader(strings.NewReader(in))} {
		r := NewReader(src, 0)
		want := slices.Concat([]string{`{"a":1}`, long, longer, same, shorter, longer, longest}, slices.Repeat([]string{`{"c":3}`}, 20000), []string{long, `{"b":2}`})
		for _, want := range want {
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
		{"not by much", `{"result":"` + filler[:101<<10] + `","id":8}`, `8`, ""},
		{"in one read", `{"result":"` + filler[:60<<10] + `","id":9}`, `9`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			limit := 100 << 10
			if len(tc.frame) < limit {
				limit = 20 << 10
			}
			r := NewReader(strings.NewReader(tc.frame+"\n{\"next\":1}\n"), limit)
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
		r.buf = make([]byte, 1+max%16) // so that there are lines longer than that
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

func BenchmarkReader(b *testing.B) {
	for name, frame := range map[string][]byte{"300B": []byte(strings.Repeat("x", 300) + "\n"), "8MiB": []byte(strings.Repeat("x", 8<<20) + "\n")} {
		b.Run(name, func(b *testing.B) {
			r := NewReader(endless{frame, new(int)}, 0)
			b.SetBytes(int64(len(frame)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Next(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// endless is a frame over and over, a pipe full at a time.
type endless struct {
	frame []byte
	at    *int
}

func (e endless) Read(p []byte) (int, error) {
	p = p[:min(len(p), 64<<10)]
	n := 0
	for n < len(p) {
		took := copy(p[n:], e.frame[*e.at:])
		n += took
		*e.at = (*e.at + took) % len(e.frame)
	}
	return n, nil
}
