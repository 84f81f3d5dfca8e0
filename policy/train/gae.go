package train

// advantages fills adv and ret for one world's run of transitions: rewards,
// values of the states before them, values of the states after them, and
// whether the episode was lost (failed: what follows is worth nothing) or only
// ended there (Schulman et al. 2016).
func advantages(adv, ret, reward, value, next []float32, failed, ended []bool, gamma, lambda float64) {
	run := 0.0
	for t := len(reward) - 1; t >= 0; t-- {
		after := float64(next[t])
		if failed[t] {
			after = 0
		}
		if ended[t] {
			run = 0
		}
		run = float64(reward[t]) + gamma*after - float64(value[t]) + gamma*lambda*run
		adv[t], ret[t] = float32(run), float32(run)+value[t]
	}
}
