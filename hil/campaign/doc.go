// Package campaign plays every clip with every fault, seed and drawn robot of a
// list, on all cores, and says which of them passed.
//
//	campaign.yaml ──► Plan: clips x (none + faults) x seeds x draws ──► hil.Run each ──► rows.jsonl
//	                                                                        └──► campaign.json, campaign.html
//
// A row is a whole scenario of its own, known by a hash of it, of the files that it
// names and of what played it: a campaign that was interrupted goes on where it was,
// and another program, firmware, policy or model plays all rows anew. A row passes when hil's Failures find nothing.
package campaign
