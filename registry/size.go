package registry

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// units are the sizes that a number can be given in: multiples of 1024 with an
// i, of 1000 without.
var units = map[string]int64{
	"": 1, "B": 1,
	"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
	"kB": 1e3, "MB": 1e6, "GB": 1e9,
}

var sizeText = regexp.MustCompile(`^((?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,18})?)([A-Za-z]*)$`)

// size is a number of bytes, alone or with a unit: 65536, 64KiB, 1.5MiB. 0 is
// no bound. KB and K are refused: they are 1000 to one reader and 1024 to the
// next.
func (r *reader) size(n *yaml.Node, what string) (int64, bool) {
	if n.Kind == yaml.AliasNode {
		return 0, false
	}
	const must = " must be a size like 65536, 64KiB or 1MiB"
	if isNull(n) || n.Kind != yaml.ScalarNode {
		r.wrongType(n, what+must)
		return 0, false
	}
	m := sizeText.FindStringSubmatch(n.Value)
	if m == nil {
		r.wrongType(n, what+must)
		return 0, false
	}
	number, unit := m[1], m[2]
	bytes, ok := units[unit]
	if !ok {
		r.problem(n, sizeHint(number, unit), "%s has an unknown unit %q", what, unit)
		return 0, false
	}
	value, _ := new(big.Rat).SetString(number) // the pattern is stricter
	value.Mul(value, new(big.Rat).SetInt64(bytes))
	switch {
	case !value.IsInt():
		r.problem(n, "", "%s is no whole number of bytes, this is %s", what, n.Value)
		return 0, false
	case !value.Num().IsInt64():
		r.problem(n, "write 0 for no bound", "%s is more than any machine has, this is %s", what, n.Value)
		return 0, false
	}
	return value.Num().Int64(), true
}

func sizeHint(number, unit string) string {
	switch letter := strings.ToUpper(unit[:1]); letter {
	case "K", "M", "G":
		decimal := letter
		if letter == "K" {
			decimal = "k"
		}
		return fmt.Sprintf("write %s%siB for powers of 1024, %s%sB for powers of 1000", number, letter, number, decimal)
	}
	return "known are B, KiB, MiB, GiB, kB, MB and GB"
}
