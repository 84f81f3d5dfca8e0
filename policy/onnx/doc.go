// Package onnx runs trained policies that come as ONNX files, and writes them.
//
// In flows a file and, per tick, one observation into Model.Input; out flows what
// Model.Run leaves in Model.Output. All values are float32 without a unit; a model's
// own normaliser, if it has one, is part of its graph; weights of other float types
// are computed in float32. Batch is 1: symbolic dimensions become 1, and every shape
// is settled when the file is read, so that a run allocates nothing and cannot fail.
//
// Read knows the operators of locomotion policies (the list is in compile.go) and
// refuses any other by name. A matrix product, its bias and its activation become
// one packed layer of package nn.
package onnx
