package registry

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Override says in the text of one layer that a server is on or off, whatever
// earlier layers say of it: in its entry, or in one that says nothing else. See
// [Enable] for what stays the same.
func Override(data []byte, name ServerName, on bool) ([]byte, Change, error) {
	before, err := ParseLayer(editPath, data)
	if err != nil {
		return nil, Change{}, err
	}
	e := newEditor(data)
	word := fmt.Sprint(on)
	var d *edit
	if key, _ := e.entry(name); key == nil {
		d = e.addServer(name, "{enabled: "+word+"}", `{"enabled": `+word+"}")
	} else if d = e.setDisabled(name); d != nil {
		d.text, d.what = strings.Replace(d.text, "false", word, 1), "set enabled: "+word
	}
	if d != nil {
		after := e.apply(d)
		if verifyOverride(before, after, name, on) == nil {
			return after, Change{Server: name, Line: splitLines(after).number(firstDifference(data, after)), What: d.what}, nil
		}
	}
	return nil, Change{}, fmt.Errorf("switching %s: cannot edit the file without disturbing the rest: write %[1]s: {enabled: %s} under servers by hand", name, word)
}

func verifyOverride(before *Registry, after []byte, name ServerName, on bool) error {
	got, err := ParseLayer(before.Path, after)
	if err != nil {
		return err
	}
	if s, there := got.Server(name); !there || s.Enabled != on {
		return errors.New("the server is not as it should be")
	}
	others := func(r Registry) Registry {
		r = placeless(r)
		r.Servers = slices.DeleteFunc(r.Servers, func(s Server) bool { return s.Name == name && s.Client == "" })
		for i, s := range r.Servers {
			if s.Name == name {
				r.Servers[i].Enabled = false // as the server, or as its target says, which is compared alone
			}
		}
		return r
	}
	if !reflect.DeepEqual(others(*before), others(*got)) {
		return errors.New("something else changed")
	}
	return nil
}
