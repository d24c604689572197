package dotenv

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"plain", "A=b", `A="b"@1`},
		{"export, blanks, comments", "# c\n\n  export A = b c \t# note\nB=x#y # z\nC=#\nD= # only\n", `A="b c"@3 B="x#y"@4 C=""@5 D=""@6`},
		{"CRLF and BOM", "\ufeffA=b\r\nB='c'\r\n", `A="b"@1 B="c"@2`},
		{"single quotes", `A='a "b" \n $x #y' # note`, `A="a \"b\" \\n $x #y"@1`},
		{"double quotes", `A="a\nb\t\"c\" \\ \$x 'd' #e"`, `A="a\nb\t\"c\" \\ $x 'd' #e"@1`},
		{"backticks", "A=`it's \"b\"`", `A="it's \"b\""@1`},
		{"several lines", "A=\"-----BEGIN\nx\n-----END\"\nB=1", `A="-----BEGIN\nx\n-----END"@1 B="1"@4`},
		{"dollars", "A=$x\nB=\"${y}\"\nC='$z'\nD=\"\\$w\"", `A="$x"@1$ B="${y}"@2$ C="$z"@3 D="$w"@4`},
		{"twice", "A=1\nB=2\nA=3", `A="3"@3 B="2"@2`},
		{"equals in it", "A=b=c==", `A="b=c=="@1`},
		{"empty", "A=\nB=''\nC=\"\"", `A=""@1 B=""@2 C=""@3`},
		{"no variables", "\n# x\n", ``},
	} {
		vars, err := Parse([]byte(tc.in))
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		var got []string
		for _, v := range vars {
			text := fmt.Sprintf("%s=%q@%d", v.Name, v.Value, v.Line)
			if v.Dollar {
				text += "$"
			}
			got = append(got, text)
		}
		if got := strings.Join(got, " "); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// What cannot be read is refused with its line, and the text is not repeated.
func TestParseBad(t *testing.T) {
	for in, want := range map[string]string{
		"A=1\ncanary":                "line 2: this is not NAME=value",
		"1A=canary":                  "line 1: this is not NAME=value",
		"export A":                   "line 1: this is not NAME=value",
		"A-B=canary":                 "line 1: this is not NAME=value",
		"\n\nA='canary\n\n":          "line 3: the quote before the value of A is not closed",
		"A=\"canary\\":               "line 1: the quote before the value of A is not closed",
		"A='x'canary":                "line 1: there is something after the value of A: put all of it into quotes",
		"A='x'#canary":               "line 1: there is something after the value of A: put all of it into quotes",
		"A=\"x\ny\" canary":          "line 2: there is something after the value of A: put all of it into quotes",
		"A=can'ary":                  "line 1: the value of A has a quote in its middle: put all of it into quotes",
		`A=c\nary`:                   "line 1: the value of A has a backslash, which readers take differently: put it into single quotes",
		`A="\canary"`:                `line 1: the value of A has a backslash before something that needs none: write \\ for a backslash`,
		"A=1\nB=\xff":                "line 2: this is not text in UTF-8",
		"A=1\nB=\x00":                "line 2: this is not text in UTF-8",
		"A=a\rcanary":                "line 1: the value of A has a control character",
		strings.Repeat("#", 1<<20+1): "line 1: the file is over 1048576 bytes",
	} {
		vars, err := Parse([]byte(in))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || err.Error() != want || vars != nil {
			t.Errorf("Parse(%.40q) = %v, %v, want %s", in, vars, err, want)
		}
	}
}

// FuzzParse: nothing panics; an error has a line of the file and not its text;
// and a value survives being written in double quotes and read again.
func FuzzParse(f *testing.F) {
	for _, in := range []string{"A=b", "export A='x y' # z", "A=\"a\\n\n\"\nB=`c`", "A=1\nA=2\r\n", "A=$x", "A='"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		vars, err := Parse(data)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.Line > 1+strings.Count(string(data), "\n") {
				t.Fatalf("Parse: %v", err)
			}
			return
		}
		names := map[string]bool{}
		for _, v := range vars {
			if names[v.Name] || v.Line < 1 {
				t.Fatalf("got %+v", v)
			}
			names[v.Name] = true
			quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "\r", `\r`).Replace(v.Value)
			again, err := Parse([]byte(v.Name + `="` + quoted + `"`))
			if err != nil || len(again) != 1 || again[0].Value != v.Value {
				t.Fatalf("%q comes back as %v, %v", v.Value, again, err)
			}
		}
	})
}
