// Package forge is the tools of the servers for forges, once for all of them:
// mcp-github, mcp-gitlab and mcp-gitea offer the same tools with the same
// arguments and the same answers, so that who knows one knows all three.
//
// A server implements [Backend], which is small interfaces by area, over the
// client library of its forge, and gives it to [New] with its nouns: GitLab says
// merge request and pipeline. What a forge does not have, its backend leaves out
// by way of [Features], and no tool is declared for it.
//
// What is worth care is here and not in a backend: paging, diffs by globs and
// whole hunks, edits, the lines a review may comment, plans before merges, what
// a failed run failed of, and which repositories may be touched at all.
package forge
