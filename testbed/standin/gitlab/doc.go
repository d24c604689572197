// Package gitlab is a GitLab in memory, for tests of what speaks GitLab's API
// (version 4): it has state, its rules and its errors, real commits and no page
// for people.
//
//	lab := gitlab.New(t)
//	token := lab.User("author")
//	lab.Project("acme/apps/web")
//	// lab.URL answers to PRIVATE-TOKEN: token
//
// It was built from GitLab's API description and from its documentation, of the
// time of GitLab 19.2, and knows what mcp-gitlab needs: projects, files, commits,
// issues, merge requests with discussions and draft notes, pipelines with traces,
// releases. Where those two say nothing of a rule, the function that has it says
// so. What it does not know is a 404 that [GitLab.Unknown] tells of, so that a
// request which GitLab would answer is not taken for one that it refuses.
//
// Objects are kept by git in a folder of the test, all of one instance in one
// store; branches and tags are in memory. Nothing is checked out, nothing runs: a
// pipeline goes as [GitLab.Play] says.
//
// [Switches] make it behave as other versions, editions and sizes of GitLab do.
// What stands before a GitLab and fails is package fault's. It is imported by
// the suites below testbed, and nothing of the product imports it.
package gitlab
