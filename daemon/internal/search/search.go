// Package search finds tools by words, for profiles with `tools: search`: a
// model that is not shown hundreds of definitions asks for the few it needs.
//
// The ranking is BM25 over the words of a definition, each counted by the
// field that it stands in. It is our own and not bleve's: there are a few
// hundred documents that are rebuilt in milliseconds from the catalog, so what
// a library would bring (an index on disk, analysers for thirty languages, a
// query language) is about thirty modules that nobody here would use, in a
// process that should start at once.
//
// Nothing here knows of sessions or profiles: an index is made of what its
// user may see.
package search

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"
)

// Doc is one tool.
type Doc struct {
	Name              string // as clients see it
	Server            string
	ServerDescription string
	Definition        []byte // raw; broken JSON is found by name and server alone
}

// Hit is one result.
type Hit struct {
	Index int // in what New was given
	Score float64
}

// Index is never changed, and safe for concurrent use.
type Index struct {
	names    []string
	postings map[string][]posting
	terms    []string  // the keys of postings, sorted
	norm     []float64 // of each document: the part of BM25 that its length decides
}

// posting is how much a term counts in a document.
type posting struct {
	doc    int
	weight float64
}

// The usual constants: how soon repetition stops to count, and how much the
// length of a document does.
const (
	k1 = 1.2
	b  = 0.75
)

// prefixed is what a word counts for that only begins like the one asked for.
const prefixed = 0.6

// New makes an index of docs.
func New(docs []Doc) *Index {
	ix := &Index{names: make([]string, len(docs)), postings: map[string][]posting{}, norm: make([]float64, len(docs))}
	var total float64
	for i, d := range docs {
		ix.names[i] = d.Name
		length := 0.0
		for term, weight := range weights(d) {
			ix.postings[term] = append(ix.postings[term], posting{i, weight})
			length += weight
		}
		ix.norm[i] = length
		total += length
	}
	for i, length := range ix.norm {
		ix.norm[i] = k1 * (1 - b + b*length*float64(len(docs))/total)
	}
	for term := range ix.postings {
		ix.terms = append(ix.terms, term)
	}
	slices.Sort(ix.terms)
	return ix
}

// Search returns the documents that have a word of query, the best first, those
// with equal scores by name; at most limit, all for 0. The last word may be the
// beginning of one. The whole name of a tool finds that tool first. A query
// without words finds everything.
func (ix *Index) Search(query string, limit int) []Hit {
	scores := make([]float64, len(ix.names))
	found := make([]bool, len(ix.names))
	terms := unique(words(query))
	for i, term := range terms {
		best := ix.term(term)
		if i == len(terms)-1 && len(term) > 1 {
			for _, longer := range ix.longer(term) {
				for doc, s := range ix.term(longer) {
					best[doc] = max(best[doc], prefixed*s)
				}
			}
		}
		for doc, s := range best {
			scores[doc] += s
			found[doc] = true
		}
	}
	whole := strings.TrimSpace(query)
	hits := []Hit{}
	for i, name := range ix.names {
		if strings.EqualFold(name, whole) {
			found[i], scores[i] = true, math.MaxFloat64
		}
		if found[i] || len(terms) == 0 {
			hits = append(hits, Hit{i, scores[i]})
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(ix.names[a.Index], ix.names[b.Index]), cmp.Compare(a.Index, b.Index))
	})
	if limit > 0 && len(hits) > limit {
		hits = hits[:limit]
	}
	return hits
}

// term scores the documents that have a term.
func (ix *Index) term(term string) map[int]float64 {
	list := ix.postings[term]
	n := float64(len(list))
	idf := math.Log(1 + (float64(len(ix.names))-n+0.5)/(n+0.5))
	out := make(map[int]float64, len(list))
	for _, p := range list {
		out[p.doc] = idf * p.weight * (k1 + 1) / (p.weight + ix.norm[p.doc])
	}
	return out
}

// longer returns the terms that begin with prefix and are longer.
func (ix *Index) longer(prefix string) []string {
	from := sort.SearchStrings(ix.terms, prefix)
	to := from
	for to < len(ix.terms) && strings.HasPrefix(ix.terms[to], prefix) {
		to++
	}
	if from < to && ix.terms[from] == prefix {
		from++
	}
	return ix.terms[from:to]
}

func unique(in []string) []string {
	var out []string
	for _, s := range in {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
