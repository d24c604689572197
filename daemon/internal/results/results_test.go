package results

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
)

func keep(t testing.TB, s *Store, text string) Meta {
	t.Helper()
	raw, _ := json.Marshal(map[string]any{"content": []any{textItem(text)}})
	m, err := s.Put(raw, Meta{Server: "git", Tool: "log", Name: "git__log"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// readAll reads a result page by page.
func readAll(t testing.TB, s *Store, id string, limit int64) string {
	t.Helper()
	var b strings.Builder
	for at := int64(0); ; {
		p, err := s.Read(id, at, limit)
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.ValidString(p.Text) || p.Offset != at || p.Next != at+int64(len(p.Text)) || int64(len(p.Text)) > limit+utf8.UTFMax {
			t.Fatalf("page at %d: %+v", at, p)
		}
		b.WriteString(p.Text)
		if p.Next == p.Total {
			return b.String()
		}
		if p.Next <= at {
			t.Fatalf("no progress at %d", at)
		}
		at = p.Next
	}
}

func files(t testing.TB, s *Store) []string {
	t.Helper()
	list, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range list {
		out = append(out, f.Name())
	}
	return out
}

func TestPagesAreTheWhole(t *testing.T) {
	s := open(t, Options{})
	for _, text := range []string{"", "a", "€𝄞é", strings.Repeat("a line of text\n", 40), strings.Repeat("€", 50), "x\r\ny\n\n\nz"} {
		m := keep(t, s, text)
		for limit := int64(1); limit < 40; limit++ {
			if got := readAll(t, s, m.ID, limit); got != text {
				t.Fatalf("pages of %d: %q, want %q", limit, got, text)
			}
		}
		if m.Total != int64(len(text)) {
			t.Errorf("Total = %d of %q", m.Total, text)
		}
	}
}

func TestAPageEndsWithALine(t *testing.T) {
	s := open(t, Options{})
	m := keep(t, s, "0123456\n01\n3456789")
	for _, tc := range []struct {
		offset, max int64
		want        string
	}{
		{0, 9, "0123456\n0"}, {0, 11, "0123456\n01\n"}, {0, 20, "0123456\n01\n3456789"},
		{8, 6, "01\n345"}, // the line ends too early
		{18, 5, ""},
	} {
		if p, err := s.Read(m.ID, tc.offset, tc.max); err != nil || p.Text != tc.want {
			t.Errorf("Read(%d, %d) = %q, %v; want %q", tc.offset, tc.max, p.Text, err, tc.want)
		}
	}
	m = keep(t, s, "a€b")
	if p, err := s.Read(m.ID, 3, 10); err != nil || p.Offset != 1 || p.Text != "€b" {
		t.Errorf("an offset inside a rune: %+v, %v", p, err)
	}
	var bad *OffsetError
	for _, offset := range []int64{-1, 6} {
		if _, err := s.Read(m.ID, offset, 10); !errors.As(err, &bad) || bad.Total != 5 {
			t.Errorf("offset %d: %v", offset, err)
		}
	}
}

func TestTextsAreJoinedAndWithoutAnyItIsJSON(t *testing.T) {
	s := open(t, Options{})
	for _, tc := range []struct {
		in, want, media string
		kind            Kind
	}{
		{`{"content":[{"type":"text","text":"a\n"},{"type":"image","data":"AA"},{"type":"text","text":""},{"type":"resource","resource":{"text":"b"}}]}`, "a\n\n\nb", "text/plain", ToolResult},
		{`{"contents":[{"text":"a"},{"blob":"AA"},{"text":"b"}]}`, "a\nb", "text/plain", ResourceContents},
		{`{ "structuredContent" : {"a" : "<\u00e9>"} }`, `{"structuredContent":{"a":"<\u00e9>"}}`, "application/json", ToolResult},
	} {
		m, err := s.Put([]byte(tc.in), Meta{Kind: tc.kind})
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, s, m.ID, 10); got != tc.want || m.Media() != tc.media {
			t.Errorf("%s: %q, %s", tc.in, got, m.Media())
		}
	}
}

func TestTheOldestGoFirst(t *testing.T) {
	s := open(t, Options{MaxBytes: 3000})
	var ids []string
	for range 5 {
		ids = append(ids, keep(t, s, strings.Repeat("x", 700)).ID)
	}
	for i, id := range ids {
		if _, err := s.Get(id); (err == nil) != (i >= 2) {
			t.Errorf("result %d of 5: %v", i, err)
		}
	}
	if n := len(files(t, s)); n != 3 {
		t.Errorf("%d files", n)
	}
	if _, err := s.Put([]byte(`"`+strings.Repeat("x", 4000)+`"`), Meta{}); err == nil || !strings.Contains(err.Error(), "3000") {
		t.Errorf("a result larger than everything: %v", err)
	}
	if n := len(files(t, s)); n != 3 || s.used > 3000 {
		t.Errorf("it cost the others their place: %d files", n)
	}
}

func TestTooOldIsGone(t *testing.T) {
	s := open(t, Options{MaxAge: 6 * time.Hour})
	m := keep(t, s, "text")
	now := time.Now()
	s.now = func() time.Time { return now.Add(5 * time.Hour) }
	if _, err := s.Get(m.ID); err != nil {
		t.Error(err)
	}
	s.now = func() time.Time { return now.Add(7 * time.Hour) }
	_, err := s.Read(m.ID, 0, 0)
	var gone *NotFoundError
	if !errors.As(err, &gone) || !strings.Contains(err.Error(), "kept for 6 hours and up to 256 MiB") {
		t.Errorf("Read = %v", err)
	}
	if len(files(t, s)) != 0 || s.used != 0 {
		t.Error("its file is still there")
	}
}

func TestResultsSurviveARestart(t *testing.T) {
	s := open(t, Options{})
	m := keep(t, s, "first")
	other := keep(t, s, "second")
	foreign := []string{"README", "x.result", strings.Repeat("a", 26) + ".txt"}
	broken := []string{strings.Repeat("a", 26) + ".result", strings.Repeat("b", 26) + ".result", strings.Repeat("c", 26) + ".result.new", strings.Repeat("d", 26) + ".result"}
	for _, name := range append(foreign, broken...) {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte("{\"format\":1,\"bytes\":9}\n{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	os.WriteFile(s.file(strings.Repeat("b", 26)), []byte("{\"format\":99,\"bytes\":2}\n{}"), 0o600)
	os.WriteFile(s.file(strings.Repeat("d", 26)), nil, 0o600)
	if err := os.Mkdir(s.file(strings.Repeat("e", 26)), 0o700); err != nil {
		t.Fatal(err)
	}

	again, err := Open(s.dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, again, m.ID, 100); got != "first" {
		t.Errorf("read %q", got)
	}
	have, err := again.Get(m.ID)
	if err != nil || have.Server != "git" || have.Tool != "log" || have.Name != "git__log" || !have.Time.Equal(m.Time) || have.Bytes != m.Bytes || have.size != m.size {
		t.Errorf("Get = %+v, %v", have, err)
	}
	if again.used != s.used || len(files(t, again)) != 2+len(foreign)+1 {
		t.Errorf("%d bytes in %q", again.used, files(t, again))
	}

	// less room, a clock that went back
	again, err = Open(s.dir, Options{MaxBytes: other.size + 1})
	if _, gone := again.Get(m.ID); err != nil || gone == nil {
		t.Error("the older one is still there")
	}
	s.now = func() time.Time { return time.Now().Add(100 * time.Hour) }
	later := keep(t, s, "from the future")
	again, err = Open(s.dir, Options{})
	if have, _ := again.Get(later.ID); err != nil || have.Time.After(time.Now()) {
		t.Errorf("it stays until %v", have.Time)
	}
}

func TestModes(t *testing.T) {
	s := open(t, Options{})
	if err := os.Chmod(s.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := Open(s.dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := keep(t, s, "text")
	for path, want := range map[string]os.FileMode{s.dir: 0o700 | os.ModeDir, s.file(m.ID): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestAFullDiskCostsTheRestAndNotTheCall(t *testing.T) {
	s := open(t, Options{})
	s.write = func(file string, parts ...[]byte) error {
		return &os.PathError{Op: "write", Path: file, Err: syscall.ENOSPC}
	}
	got, large := bound(t, s, `{"content":[{"type":"text","text":"0123456789"},{"type":"resource","resource":{"text":"abc"}}]}`, Limits{Text: 5}, git)
	want := `{"content":[{"type":"text","text":"01234\n[loom: 5 of 14 bytes shown. The rest could not be kept: no space left on device]"},{"type":"resource","resource":{"text":"[loom: 3 bytes not shown]"}}]}`
	if got != want || large != nil {
		t.Errorf("got %s, %v", got, large)
	}
	_, large = bound(t, s, `{"a":"0123456789"}`, Limits{Structured: 5}, git)
	if large == nil || large.ID != "" || !strings.HasSuffix(large.Message, "could not be kept either: no space left on device") {
		t.Errorf("refused: %v", large)
	}
	if s.used != 0 || len(s.kept) != 0 {
		t.Errorf("%d bytes are counted that are not there", s.used)
	}
}

func TestAFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o600)
	s, err := Open(filepath.Join(file, "results"), Options{})
	if err == nil {
		t.Fatal("no error")
	}
	got, large := bound(t, s, `{"content":[{"type":"text","text":"0123456789"}]}`, Limits{Text: 5}, git)
	if large != nil || !strings.Contains(got, "The rest could not be kept: not a directory") {
		t.Errorf("got %s, %v", got, large)
	}
}

func TestAWriteThatFailsLeavesNothing(t *testing.T) {
	s := open(t, Options{})
	file := s.file(strings.Repeat("a", 26))
	if err := os.Mkdir(file, 0o700); err != nil { // in the way of the rename
		t.Fatal(err)
	}
	if err := writeFile(file, []byte("x")); err == nil {
		t.Error("no error")
	}
	if list := files(t, s); len(list) != 1 {
		t.Errorf("left: %q", list)
	}
}

func TestAFileThatSomebodyRemovedOrChanged(t *testing.T) {
	s := open(t, Options{})
	for name, spoil := range map[string]func(string) error{
		"removed": os.Remove,
		"cut":     func(f string) error { return os.Truncate(f, 120) },
	} {
		m := keep(t, s, strings.Repeat("x", 200))
		if err := spoil(s.file(m.ID)); err != nil {
			t.Fatal(err)
		}
		var gone *NotFoundError
		if _, err := s.Read(m.ID, 0, 0); !errors.As(err, &gone) {
			t.Errorf("%s: %v", name, err)
		}
		if len(s.kept) != 0 || s.used != 0 || len(files(t, s)) != 0 {
			t.Errorf("%s: it is still counted", name)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	s := open(t, Options{MaxBytes: 20 << 10})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				m, err := s.Put([]byte(`{"content":[{"type":"text","text":"`+strings.Repeat("x", 1000)+`"}]}`), Meta{})
				if err != nil {
					t.Error(err)
				}
				var gone *NotFoundError
				if p, err := s.Read(m.ID, 0, 0); err != nil && !errors.As(err, &gone) || err == nil && len(p.Text) != 1000 {
					t.Errorf("%+v, %v", p, err)
				}
			}
		})
	}
	wg.Wait()
	s.Sweep()
	if s.used > 20<<10 || len(files(t, s)) != len(s.kept) {
		t.Errorf("%d bytes, %d files, %d results", s.used, len(files(t, s)), len(s.kept))
	}
}

func TestReadResult(t *testing.T) {
	s := open(t, Options{})
	raw, _ := json.Marshal(map[string]any{"content": []any{textItem("one\ntwo <&>\nthree")}})
	m, err := s.Put(raw, Meta{Page: 8})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		offset int64
		want   string
	}{
		{0, `{"content":[{"text":"one\ntwo ","type":"text"},{"text":"[loom: bytes 0 to 8 of 17. Next: loom__read_result {\"id\":\"ID\",\"offset\":8}]","type":"text"}],"structuredContent":{"id":"ID","offset":0,"next_offset":8,"total":17,"text":"one\ntwo "}}`},
		{12, `{"content":[{"text":"three","type":"text"},{"text":"[loom: bytes 12 to 17 of 17, the end]","type":"text"}],"structuredContent":{"id":"ID","offset":12,"next_offset":null,"total":17,"text":"three"}}`},
		{18, `{"content":[{"text":"offset 18 is outside of the result, which has 17 bytes","type":"text"}],"isError":true}`},
	} {
		if got := masked(s, string(s.ReadResult(m.ID, tc.offset))); got != tc.want {
			t.Errorf("at %d:\n got %s\nwant %s", tc.offset, got, tc.want)
		}
	}
	if got := string(s.ReadResult("../x", 0)); !strings.Contains(got, `there is no result \"../x\"`) || !strings.Contains(got, `"isError":true`) {
		t.Errorf("got %s", got)
	}
}

func TestResourceResult(t *testing.T) {
	s := open(t, Options{MaxAge: time.Second})
	raw, _ := json.Marshal(map[string]any{"content": []any{textItem("one\ntwo <&>\nthree")}})
	m, err := s.Put(raw, Meta{Page: 12})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		uri    string
		modern bool
		want   string
	}{
		{URI(m.ID), false, `{"contents":[{"mimeType":"text/plain","text":"one\ntwo <&>\n","uri":"loom://results/ID"},{"mimeType":"text/plain","text":"[loom: bytes 0 to 12 of 17. Next: resource loom://results/ID?offset=12]","uri":"loom://results/ID?offset=12"}]}`},
		{uriAt(m.ID, 12), true, `{"cacheScope":"private","contents":[{"mimeType":"text/plain","text":"three","uri":"loom://results/ID?offset=12"}],"resultType":"complete","ttlMs":1000}`},
	} {
		got, err := s.ResourceResult(tc.uri, tc.modern)
		if masked(s, string(got)) != tc.want || err != nil {
			t.Errorf("%s:\n got %s, %v\nwant %s", tc.uri, got, err, tc.want)
		}
	}
	for _, uri := range []string{"loom://instructions/git", "loom://results/", "loom://results/aaa", URI(m.ID) + "?offset=x", URI(m.ID) + "?page=2", "loom://results/%zz?%zz", URI(m.ID) + "/x"} {
		var gone *NotFoundError
		if got, err := s.ResourceResult(uri, true); !errors.As(err, &gone) {
			t.Errorf("%s: %s, %v", uri, got, err)
		}
	}
}
