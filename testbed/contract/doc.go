// Package contract holds requests and answers against the description that a
// service publishes of its own API, for services that cannot be run here: GitHub
// and GitLab.
//
// A [Description] is the part of an OpenAPI document that a list of operations
// asks for. A [Checker] stands before a handler, checks what comes in and what
// goes out, and remembers the operations:
//
//	d := contract.GitHub(t, contract.GitHubCom)
//	check := contract.NewChecker(t, d, standin)
//	server := httptest.NewServer(check)
//	…
//	check.Covers() // every operation of the list was called
//
// Requests are checked strictly: method and route exist, no parameter and no
// member of a body is unknown or of another type. Answers come from a stand-in of
// ours, and are checked to keep that one honest. Nothing here is for use at run
// time: what real services answer does not fit their descriptions.
//
// GitHub's descriptions come from npm (the folder npm pins them), as [GitHub] says;
// a copy of GitLab's lies beside the project, as [GitLab] says. None of them is
// part of it. Its tests need LOOM_CONTRACT, which make contract sets.
package contract
