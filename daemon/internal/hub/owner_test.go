package hub

import (
	"strings"
	"testing"
)

func TestOwner(t *testing.T) {
	v := view(t, newWorld(t, world, entries()...), Viewer{})
	for uri, want := range map[string]string{
		"repo://head":                    "git", // listed, and so before any template
		"x://shared":                     "git", // the first of two
		"repo://me/loom/contents/a/b.go": "git",
		"repo://me/loom/contents":        "git",
		"repo://me/loom/issues":          "notes", // by the wider template of the later server
		"note://7":                       "notes",
		"note://7?rev=3&x=y":             "notes",
		"note://7/8":                     "",
		"off://1":                        "", // its server is disabled
		"loom://instructions/git":        "",
		"loom://results/1":               "",
		"":                               "",
	} {
		if got, ok := v.Owner(uri); got != want || ok != (want != "") {
			t.Errorf("Owner(%q) = %q, %v, want %q", uri, got, ok, want)
		}
	}
	want := "resource x://shared of notes is not shown: git has it too|resource loom://instructions/git of notes is not shown: loom:// is Loom's own"
	if got := strings.Join(v.Collisions(), "|"); got != want {
		t.Errorf("collisions: %s", got)
	}
	if _, ok := NoView.Owner("repo://head"); ok {
		t.Error("no view has resources")
	}
}

func TestTemplates(t *testing.T) {
	for _, tc := range []struct{ template, fits, not string }{
		{"x://plain", "x://plain", "x://plai x://plainer X://plain"},
		{"x://a.b/{id}", "x://a.b/1 x://a.b/a%2Fb", "x://aab/1 x://a.b/ x://a.b/1/2 x://a.b/1?q"},
		{"{scheme}://{host}/z", "file://h/z", "file:///z"},
		{"x://{a,b}", "x://1,2 x://1", "x://1/2"},
		{"x://{a:3}/{b*}", "x://abc/1", "x://abc"},
		{"{+url}", "https://a/b?c#d", ""},
		{"x:{+path}/end", "x:/a/b/end", "x:/a/b"},
		{"x://doc{#part}", "x://doc x://doc#1/2", "x://docs"},
		{"x://doc{.ext}", "x://doc.tar.gz x://doc", "x://doc/gz"},
		{"x://r{/path*}", "x://r x://r/a x://r/a/b", "x://r/a?q x://rest"},
		{"x://p{;a,b}", "x://p;a=1;b=2 x://p", "x://p/;a"},
		{"x://q{?a,b*}", "x://q?a=1&b=2 x://q", "x://q#f x://q&a=1"},
		{"x://q?fixed=1{&a}", "x://q?fixed=1&a=2 x://q?fixed=1", "x://q"},
		{"x://(a|b)*", "x://(a|b)*", "x://a"},
		{"x://日本/{id}", "x://日本/1", "x://本日/1"},
	} {
		re := compileTemplate(tc.template)
		if re == nil {
			t.Errorf("%s is no template", tc.template)
			continue
		}
		for _, uri := range strings.Fields(tc.fits) {
			if !re.MatchString(uri) {
				t.Errorf("%s does not fit %s", tc.template, uri)
			}
		}
		for _, uri := range strings.Fields(tc.not) {
			if re.MatchString(uri) {
				t.Errorf("%s fits %s", tc.template, uri)
			}
		}
	}
	for _, bad := range []string{"x://{", "x://}", "x://{}", "x://{a", "x://a}", "x://{a{b}}", "x://{a}}", "x://" + strings.Repeat("a", maxTemplate)} {
		if re := compileTemplate(bad); re != nil {
			t.Errorf("%s became %s", bad, re)
		}
	}
}

// FuzzTemplate: a template never breaks a view, and text without variables
// stands for itself alone.
func FuzzTemplate(f *testing.F) {
	f.Add("repo://{owner}/{name}/contents{/path*}", "repo://a/b/contents/c")
	f.Add("{+url}{#x}{.y}{;z}{?q}{&r}", `\Q(`)
	f.Fuzz(func(t *testing.T, template, uri string) {
		re := compileTemplate(template)
		if re == nil {
			return
		}
		fits := re.MatchString(uri)
		if !strings.Contains(template, "{") && fits != (template == uri) {
			t.Fatalf("%q fits %q: %v", template, uri, fits)
		}
	})
}
