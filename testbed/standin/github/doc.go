// Package github is a GitHub that stands in for the real one, which cannot be run
// here: repositories, issues, pull requests, reviews, runs and releases behind
// net/http, for the conformance suite of the forges and for clients of GitHub's.
//
// It is built from GitHub's official description of its API, which
// testbed/contract reads: routes and their parameters come from there, and what an
// answer has to have and the stand-in knows nothing of is added as the schema says
// ([contract.Description.Fill]), null where that is allowed. A Checker before it
// holds both sides against that description. What a description does not tell,
// such as that nobody may approve a pull request of his own, is as GitHub's
// documentation has it.
//
// Each repository is a real git repository in a folder of the test, so that shas,
// diffs and merges are what they are. All else is in memory, and most of what
// GitHub has is not there: teams, permissions of a repository, projects, packages.
// [Lies] are what a test can have it do wrong.
package github
