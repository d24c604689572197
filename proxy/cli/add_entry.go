package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/snippet"
	"github.com/loom-core/loom/registry"
)

// server is what is to be added, from the flags or from the snippet.
func (opts *AddOptions) server() (snippet.Server, error) {
	s, err := opts.described()
	if err != nil {
		return snippet.Server{}, err
	}
	if opts.Share != "" {
		s.Entry.Share = registry.Share(opts.Share)
	}
	if opts.About != "" {
		s.Entry.Description = opts.About
	}
	if opts.Dir != "" {
		if s.Entry.Dir, err = filepath.Abs(opts.Dir); err != nil {
			return snippet.Server{}, fmt.Errorf("resolving --cwd %s: %w", opts.Dir, err)
		}
		s.Entry.Dir = strings.ReplaceAll(s.Entry.Dir, "$", "$$")
	}
	return s, nil
}

func (opts *AddOptions) described() (snippet.Server, error) {
	if opts.Snippet != "" {
		return opts.pasted()
	}
	s := snippet.Server{Name: opts.Name}
	if opts.URL != "" {
		if err := snippet.CheckURL(opts.URL); err != nil {
			return s, err
		}
		s.Entry.URL = opts.URL
	} else {
		s.Entry.Command = literal(opts.Command[0])
		if err := snippet.CheckArgs(opts.Command[1:]); err != nil {
			return s, err
		}
		for _, arg := range opts.Command[1:] {
			s.Entry.Args = append(s.Entry.Args, literal(arg))
		}
	}
	for _, from := range []struct {
		pairs []string
		to    *[]registry.EnvVar
		flag  string
	}{{opts.Vars, &s.Entry.Env, "--env"}, {opts.Headers, &s.Entry.Headers, "--header"}} {
		for _, pair := range from.pairs {
			name, value, found := strings.Cut(pair, "=")
			if !found || name == "" {
				return s, fmt.Errorf("%s takes NAME=VALUE", from.flag) // not repeated: it may be a token
			}
			if template, err := secret.Parse(value); (err != nil || len(template.Refs()) == 0) && snippet.IsSecret(name, value) {
				one := snippet.Secret{Name: snippet.SecretName(opts.Name, name), For: name, Value: secret.NewValue(value), Known: true}
				s.Secrets = append(s.Secrets, one)
				value = "${secret:" + one.Name + "}"
			}
			*from.to = append(*from.to, registry.EnvVar{Name: name, Value: value})
		}
	}
	for _, from := range []struct {
		names  []string
		to     *[]registry.EnvVar
		header bool
	}{{opts.Secrets, &s.Entry.Env, false}, {opts.SecretH, &s.Entry.Headers, true}} {
		for _, text := range from.names {
			name, called, found := strings.Cut(text, "=")
			called, head, hasHead := strings.Cut(called, ":")
			if called == "" {
				called = snippet.SecretName(opts.Name, name)
			}
			switch {
			case found && snippet.IsSecret("", called):
				return s, withHint(fmt.Errorf("what follows %s= looks like a secret, and the name of one belongs there", name), "loom secret set NAME asks for it without showing it; change a value that was typed here")
			case !secret.ValidName(called):
				return s, fmt.Errorf("the name of the secret for %s may have letters, digits and any of - . _, and no other", name)
			case hasHead && !from.header:
				return s, fmt.Errorf("--secret %s: only a header has something before its secret", name)
			case hasHead:
				head = strings.TrimRight(head, " ") + " "
			case from.header && strings.EqualFold(name, "Authorization"):
				head = "Bearer "
			}
			s.Secrets = append(s.Secrets, snippet.Secret{Name: called, For: name})
			*from.to = append(*from.to, registry.EnvVar{Name: name, Value: head + "${secret:" + called + "}"})
		}
	}
	return s, nil
}

// literal is a word of the command line as a value of the registry. References are
// meant: nobody who writes ${env:HOME} in quotes means these characters.
func literal(word string) string {
	if strings.Contains(word, "${env:") {
		return word
	}
	return strings.ReplaceAll(word, "$", "$$")
}

// pasted is the one server of a snippet, or the one that was named.
func (opts *AddOptions) pasted() (snippet.Server, error) {
	text := opts.Snippet
	if text == "-" {
		data, err := io.ReadAll(io.LimitReader(opts.IO.In, snippet.MaxSize+1))
		if err != nil {
			return snippet.Server{}, fmt.Errorf("reading the snippet from stdin: %w", err)
		}
		text = string(data)
	}
	all, err := snippet.Parse(text)
	if err != nil {
		return snippet.Server{}, err
	}
	if len(all) == 1 {
		s := all[0]
		name := opts.Name
		if name == "" {
			name = snippet.Name(s.Name)
		}
		if name == "" {
			return s, withHint(errors.New("the snippet does not name the server"), "loom add NAME --json …")
		}
		s.Rename(name)
		return s, nil
	}
	var names []string
	for _, s := range all {
		if s.Name == opts.Name || opts.Name != "" && snippet.Name(s.Name) == opts.Name {
			s.Rename(opts.Name)
			return s, nil
		}
		names = append(names, snippet.Name(s.Name))
	}
	return snippet.Server{}, withHint(fmt.Errorf("the snippet has %d servers: %s", len(all), strings.Join(names, ", ")), "choose one: loom add %s --json …", names[0])
}
