// Package mutant asks whether the tests of what stops the robot would notice if it
// were wrong: it changes one thing at a time in the sources of the firmware's safety
// and of the host's guard, runs their unit tests, and counts who noticed.
//
//	source ──► Sites ──► a mutant each ──► build ──► unit tests ──► Verdict ──► Report
//
// One build of a language has all of its mutants in it, and a run of the tests
// chooses one (schema.go): what takes long is done once.
//
// Changes are every relational operator (its neighbour and its opposite), every
// constant plus and minus one, and every statement left out. A mutant that does not
// compile is none. One that compiles to the same machine code is equivalent
// (Papadakis et al. 2015, trivial compiler equivalence), and so are those that a
// person has judged: equivalent.txt gives the reason of each. The score is over the
// rest.
package mutant
