# Whisker. `make run` plays the shipped clips on the virtual rat; `make test` runs every test.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

DEPS := .deps
ARCH := $(shell uname -m)
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
GO ?= go
include deps.mk
include firmware/firmware.mk

.PHONY: hil hil-mutants dist netem soak prove-report demo-robot train-rat train-rat-quick train-rat-torque train-quadruped evaluate evaluate-transfer help deps build run test bench picture film film-readme readme lint clean
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 22

deps: $(DEPS)/mujoco/.ok $(DEPS)/rodent.xml ## fetch MuJoCo and the rat model into .deps

# What recordings and reports name; nothing where git knows no revision, and Go's own stamp then counts.
REVISION = $(shell rev=$$(git rev-parse HEAD 2>/dev/null) && { git diff --quiet HEAD && echo $$rev || echo $$rev+changes; })
THREE := bridge/view/assets/three
COPY_THREE = cp $(DEPS)/node/node_modules/three/build/three.module.js $(DEPS)/node/node_modules/three/build/three.core.js \
  $(DEPS)/node/node_modules/three/examples/jsm/controls/OrbitControls.js $(THREE)/
build: deps $(DEPS)/node/.ok ## build bin/whisker
	mkdir -p $(THREE)
	$(COPY_THREE)
	$(GO) build -ldflags "-X main.revision=$(REVISION)" -o bin/whisker ./cmd/whisker

# HOLD=1 keeps playing until Ctrl-C; ARGS adds flags of `whisker run`.
run: build ## play stand, turn and walk on the rat in real time, with the live view on http://127.0.0.1:8765
	bin/whisker run --clip stand --clip turn --clip walk --baseline --view 127.0.0.1:8765 --record out/run.mcap $(if $(HOLD),--hold) $(ARGS)

# The quadruped's firmware runs in QEMU, MuJoCo is its body. CUT is when its line is cut, s into the clip.
demo-robot: build firmware ## replay a rat's walk on the quadruped behind its firmware, then cut the line
	bin/whisker run --robot quadruped@emulated --clip walk --view 127.0.0.1:8765 --record out/robot.mcap --cut-after $(or $(CUT),6) $(ARGS)

# HOURS is how long the robot suffers.
soak: build firmware ## damage 10^9 frames of the serial line, then play the firmware in the loop with faults for 4 h
	WHISKER_SOAK_FRAMES=1000000000 $(GO) test ./bridge/wire -run TestInjectedErrors -count=1 -v -timeout 12h
	bin/whisker hil soak hil/campaign/plans/soak.yaml --for $(or $(HOURS),4)h

PLANS := hil/campaign/plans
HIL := out/hil
hil: build firmware ## clips of the rat through loop, line, firmware and a drawn plant, with and without faults; report in out/hil
	@rm -rf $(HIL) && mkdir -p $(HIL)
	bin/whisker hil run $(PLANS)/walk.yaml --target sim --record $(HIL)/sim.mcap
	bin/whisker hil run $(PLANS)/walk.yaml --target emulated --record $(HIL)/emulated.mcap
	bin/whisker hil run $(PLANS)/walk.yaml --target emulated --record $(HIL)/again.mcap
	bin/whisker hil run $(PLANS)/walk.yaml --target emulated --compare
	for plan in air moments ground qemu stand-qemu; do bin/whisker hil campaign $(PLANS)/$$plan.yaml --out $(HIL)/$$plan; done
	bin/whisker hil report $(HIL)/sim.mcap $(HIL)/emulated.mcap $(HIL)/again.mcap --out $(HIL)

hil-mutants: firmware ## change one thing at a time in what stops the robot, and count what the unit tests notice; goes on from out/mutants when it was stopped
	@mkdir -p out
	$(GO) test ./hil/mutant -run TestTheUnitTestsNoticeWhatIsWrong -count=1 -v -timeout 6h -everything -keep $(abspath out/mutants)

# What a robot or a server needs, in out/dist: no MuJoCo and no libraries in it.
DIST := out/dist
dist: $(DEPS)/node/.ok ## static binaries for arm64 and amd64 with systemd unit and mosquitto's example, in out/dist
	rm -rf $(DIST) && mkdir -p $(DIST) $(THREE)
	$(COPY_THREE)
	for a in amd64 arm64; do CGO_ENABLED=0 GOOS=linux GOARCH=$$a $(GO) build -trimpath -ldflags "-s -w -X main.revision=$(REVISION)" -o $(DIST)/whisker-linux-$$a ./cmd/whisker; done
	for a in amd64 arm64; do ! readelf -l $(DIST)/whisker-linux-$$a | grep -q INTERP || { echo "whisker-linux-$$a is not static"; exit 1; }; done
	cp -r bridge/mqtt/systemd/whisker-agent.service bridge/mqtt/mosquitto LICENSE $(DIST)/
	if command -v systemd-analyze >/dev/null; then \
	  sed "s,/usr/local/bin/whisker,/bin/true," $(DIST)/whisker-agent.service >$(DIST)/check.service && systemd-analyze verify $(abspath $(DIST))/check.service && rm $(DIST)/check.service; \
	else echo "systemd-analyze is not here: the unit was not verified"; fi
	cd $(DIST) && sha256sum whisker-linux-* >SHA256SUMS
	ls -l $(DIST)

# Namespaces and netem need root and a kernel with sch_netem; without, a relay stands in and the table says so.
netem: build $(FW_BUILD)/host/whisker $(DEPS)/mosquitto.ok $(DEPS)/iproute.ok ## print how well a robot follows its clip over networks that delay, jitter and lose
	python3 .ci/netem.py $(SECONDS_A_RUN)

picture: build $(DEPS)/chromium.ok ## take the picture of the README from a run in Chromium
	.ci/picture bridge/view/picture.png

# FILM is the file, ARGS adds flags of `whisker run`: --robot quadruped, another clip.
film: build $(DEPS)/chromium.ok $(DEPS)/ffmpeg.ok ## take a film of the rat's walk, or of what ARGS say, into out/film.mp4
	mkdir -p $(dir $(or $(FILM),out/film.mp4))
	bin/whisker run --clip walk --video $(or $(FILM),out/film.mp4) $(ARGS)

# Where a README shows films, they are pictures: small, and kept here.
film-readme: ## take the film of the README: the quadruped walks as the rat does
	$(MAKE) film FILM=out/readme.mp4 ARGS='--robot quadruped'
	ffmpeg -v error -y -i out/readme.mp4 -t 7 -vf 'fps=12,scale=640:-2:flags=lanczos' -c:v libwebp_anim -loop 0 -quality 45 bridge/view/film.webp
	ls -l bridge/view/film.webp

# DATA=dir also runs the tests on outside recordings, models and policies in dir.
test: build $(DEPS)/venv/.ok $(DEPS)/venv-mjx/.ok $(DEPS)/chromium.ok $(DEPS)/ffmpeg.ok $(DEPS)/mosquitto.ok $(DEPS)/qemu-user.ok lint ## run every test
	CGO_ENABLED=0 GOARCH=arm64 $(GO) test -exec qemu-aarch64 ./policy/nn
	.ci/gotest "$(DATA)"

# Figures need a machine that does nothing else; ROUNDS=1 is a quick look.
bench: build $(DEPS)/venv/.ok $(DEPS)/venv-bench/.ok $(DEPS)/cyclictest.ok $(DEPS)/mosquitto.ok ## print every timing as a ratio to a peer
	python3 .ci/bench.py $(or $(ROUNDS),5)

# All stages go on from their checkpoints: stop and start them as often as you like.
TRAIN ?= out/train

# The rat's, from random weights through a model of the world. Forty minutes of two cores make the clips; fifty teach it to stand,
# go, rear and dash (track), seventy-five to follow references with larger errors under harder kicks, the weights averaged for long
# (firm), eighty-five to do so stretched tall and without shivering (tall). What ships is from when clips were cleaned but for bodies in
# themselves, and track and firm from when the model of the world was not averaged: see go doc whisker/policy/train.
train-rat: build $(VENV_MJX)/.ok ## train the rat's policy
	bin/whisker train --export $(RAT)/calm --library 'roam=80;walk=40;trot=45;turn=25;rear=45;lunge=8;groom=14;headturn=8;stand=20' --first-seed 70000 --postures 2
	bin/whisker train --export $(RAT)/dashes --library 'dash=120;roam=60;rear=50;trot=30' --first-seed 310000 --shake 0.1 --brisk 1.3 --postures 1
	bin/whisker train --export $(RAT)/whirls --library 'whirl=90' --first-seed 510000 --brisk 1.3 --postures 2
	bin/whisker train --export $(RAT)/upright --library 'upright=160' --first-seed 610000 --shake 0.1 --brisk 1.3 --postures 2
	$(TRACK_RAT)/track $(RAT_CLIPS) --rough 0.01 --kick 0.05 --rate 2e-4 --transitions 2.4e6 $(ARGS)
	$(TRACK_RAT)/firm $(RAT_CLIPS) --from $(RAT)/track --rough 0.015 --kick 0.06 --average 400 --rate 1e-4 --transitions 3.6e6 $(ARGS)
	$(TRACK_RAT)/tall $(RAT_CLIPS) $(RAT)/upright --from $(RAT)/firm --rough 0.015 --kick 0.06 --shiver 0.1 --average 400 --rate 1e-4 --transitions 4e6 $(ARGS)

RAT = $(TRAIN)/rat
RAT_CLIPS = $(addprefix $(RAT)/,calm dashes whirls)
TRACK_RAT = $(VENV_MJX)/bin/python policy/train/mjx/track.py --ahead 18 --out $(RAT)

train-rat-quick: RAT = out/train-quick
train-rat-quick: build $(VENV_MJX)/.ok ## the rat's in seventeen minutes of two cores: stands, turns, walks, trots, rears
	bin/whisker train --export $(RAT)/clips --library 'roam=12;walk=12;trot=12;turn=8;rear=12;lunge=3;groom=4;headturn=3;stand=6' --first-seed 70000 --postures 2
	$(TRACK_RAT)/track $(RAT)/clips --rough 0.01 --kick 0.05 --rate 2e-4 --transitions 0.6e6 $(ARGS)

# Servos teach torques: a policy for servos shows the rat with torque motors what forces follow, on calm clips first, then on shaken,
# brisk and uneven ones, then on both, and then for long, of which the mean of the weights is kept. What ships has as its tutor
# the policy that shipped before references were shown with errors:
# git show c4908a6:policy/rat.policy >out/rat.policy, and TUTOR=out/rat.policy.
TUTOR ?= policy/rat.policy
train-rat-torque: build ## train the rat's policy with torque motors: a student of the policy for position servos
	bin/whisker train --torque --out $(TRAIN)/torque --teacher $(TUTOR) --seed 11 --transitions 300000 --worlds 64 --workers 2 --shake 0 --encoder 512,256 --decoder 256,256 \
	  --library 'walk=40;trot=25;turn=15;rear=10;groom=5;headturn=5;stand=10'
	bin/whisker train --torque --out $(TRAIN)/torque-shaken --teacher policy/rat.policy --from $(TRAIN)/torque/rat-torque.policy --lesson-rate 5e-4 --seed 12 --transitions 1200000 \
	  --worlds 64 --workers 2 --shake 0.12 --brisk 1.3 --postures 1 --encoder 512,256 --decoder 256,256 \
	  --library 'walk=30;trot=30;turn=15;rear=25;groom=5;headturn=5;stand=10;roam=40;dash=40'
	bin/whisker train --torque --out $(TRAIN)/torque-both --teacher policy/rat.policy --specialist $(TUTOR) --from $(TRAIN)/torque-shaken/rat-torque.policy --lesson-rate 4e-4 --seed 13 \
	  --transitions 400000 --worlds 64 --workers 2 --shake 0.1 --encoder 512,256 --decoder 256,256 --library 'rear=40;trot=30;walk=15;turn=8;groom=4;headturn=3;stand=5;lunge=3;roam=25;dash=25'
	bin/whisker train --torque --out $(TRAIN)/torque-mean --teacher policy/rat.policy --specialist $(TUTOR) --from $(TRAIN)/torque-both/rat-torque.policy --lesson-rate 4e-4 --average 400 --seed 14 \
	  --transitions 3200000 --worlds 64 --workers 2 --shake 0.12 --brisk 1.3 --postures 1 --encoder 512,256 --decoder 256,256 \
	  --library 'rear=40;trot=35;walk=30;turn=12;groom=5;headturn=4;stand=8;lunge=4;roam=40;dash=40'

# On a machine with an NVIDIA GPU: CUDA=1, and WHEELS=dir where it has no network.
# policy/train/mjx/README.md tells what to carry there.
MJX ?= out/mjx
.PHONY: export-mjx train-mjx
export-mjx: build ## write what the trainer for GPUs learns from
	bin/whisker train --export $(MJX)/task --library 'walk=80;trot=60;turn=40;rear=40;lunge=15;groom=15;headturn=10;stand=15' $(ARGS)

train-mjx: $(VENV_MJX)/.ok ## train the rat's policy on a GPU
	$(VENV_MJX)/bin/python policy/train/mjx/train.py $(MJX)/task --out $(MJX) $(ARGS)

# The quadruped's, from random weights through a model of the world; robots are randomised by sim/randomisation.yaml.
# Twenty minutes of two cores make the clips. Half an hour teaches it to stand, go and leap (track), another to end where it should (settled). That ships.
train-quadruped: build $(VENV_MJX)/.ok ## train the quadruped's policy on the rat's clips, retargeted
	bin/whisker train --robot quadruped --export $(QUADRUPED)/walks --library 'walk=36;trot=30;turn=24;rear=14;roam=20;lunge=4;groom=6;headturn=3;stand=3' --first-seed 40000 --brisk 1.6
	bin/whisker train --robot quadruped --export $(QUADRUPED)/rears --library 'dash=30;rear=30;groom=6;roam=10;lunge=4' --first-seed 60000 --brisk 1.3
	bin/whisker train --robot quadruped --export $(QUADRUPED)/legs --library 'legs=400' --first-seed 80000
	bin/whisker train --robot quadruped --export $(QUADRUPED)/whirls --library 'whirl=90' --first-seed 90000 --brisk 1.3
	bin/whisker train --robot quadruped --export $(QUADRUPED)/postures --library 'walk=16;trot=16;turn=20;rear=10;roam=40;dash=30;whirl=30;groom=12;stand=6;headturn=6;lunge=6' --first-seed 100000 --brisk 1.3 --postures 2
	bin/whisker train --robot quadruped --export $(QUADRUPED)/leaps --library 'leaps=400' --first-seed 120000
	$(TRACK_LEGS)/track $(LIBRARIES) --encoder 256,128 --decoder 256,128 --rate 2e-4 --transitions 2.2e6 $(ARGS)
	$(TRACK_LEGS)/settled $(LIBRARIES) --from $(QUADRUPED)/track --settle --average 60 --rate 1e-4 --transitions 2.4e6 $(ARGS)

QUADRUPED = $(TRAIN)/quadruped
LIBRARIES = $(addprefix $(QUADRUPED)/,walks rears legs whirls postures leaps)
TRACK_LEGS = $(VENV_MJX)/bin/python policy/train/mjx/track.py --change 0.3 --ahead 32 --world-ahead 10 --out $(QUADRUPED)

# DATA=dir adds the recorded clips and key points in dir/rat, and the motions in dir/quadruped_motions. POLICY is the rat's, a file.
# Every trial is kept in EVALUATED, so that readme need not play it again.
EVALUATED := out/evaluate
EVALUATE := bin/whisker evaluate --policy $(or $(POLICY),rat)
STARTS := --starts 0,10,20,30,40,50,60,70,80,90,100,110,120,130,140,150
# Half of the clips drift as fits of recorded rats do, up to 1.3 times as fast: without them joints stand stiller than recorded ones.
LIBRARY := --library 'walk=25;trot=20;rear=20;turn=20;lunge=5;groom=5;headturn=3;stand=2' --shake 0.1 --brisk 1.3
RECORDED = --clip '$(DATA)/rat/*_250.csv' --clip '$(DATA)/rat/rat_keypoints_*.csv'
TABLES := $(addprefix $(EVALUATED)/,rat.json rat-perturbed.json $(if $(DATA),rat-recorded.json))
TORQUE := $(addprefix $(EVALUATED)/,rat-torque.json $(if $(DATA),rat-torque-recorded.json))
LEGGED := $(addprefix $(EVALUATED)/,$(if $(DATA),quadruped-recorded.json) quadruped.json quadruped-legs.json)
evaluate: build ## print how well the policies follow clips they never saw
	@rm -f $(EVALUATED)/*.json
	$(MAKE) $(LEGGED) $(TABLES) $(TORQUE)

$(LEGGED) $(TABLES) $(TORQUE): | build $(EVALUATED)
$(EVALUATED):
	mkdir -p $@

$(EVALUATED)/quadruped.json:
	bin/whisker evaluate --robot quadruped --perturb --library 'walk=40;trot=25;rear=20;turn=25;lunge=4;groom=4;headturn=2;stand=2' --json $@

# From ten starts: where one leads says little of the next.
$(EVALUATED)/quadruped-recorded.json:
	bin/whisker evaluate --robot quadruped --perturb --starts 0,3,6,9,12,15,18,21,24,27 --clip '$(DATA)/quadruped_motions/*.txt' --clip '$(DATA)/rat/*_250.csv' --json $@

# What no rat shows: robots' own gaits.
$(EVALUATED)/quadruped-legs.json:
	bin/whisker evaluate --robot quadruped --perturb --library 'legs=60' --json $@

# From all starts as it is modelled; from the first under all conditions, and with assist.
$(EVALUATED)/rat.json:
	$(EVALUATE) $(STARTS) $(LIBRARY) --json $@

$(EVALUATED)/rat-perturbed.json:
	$(EVALUATE) --assist 0,20,30 --perturb $(LIBRARY) --json $@

$(EVALUATED)/rat-recorded.json:
	$(EVALUATE) --assist 0,20,30 --perturb $(STARTS) $(RECORDED) --json $@

$(EVALUATED)/rat-torque.json:
	bin/whisker evaluate --torque --assist 0,20,30 --perturb $(LIBRARY) --json $@

$(EVALUATED)/rat-torque-recorded.json:
	bin/whisker evaluate --torque --assist 0,20,30 --perturb $(STARTS) $(RECORDED) --json $@

# Plays only what `make evaluate` has not left in EVALUATED.
readme: $(LEGGED) $(TABLES) $(TORQUE) ## put the tables of the policies into README.md
	python3 .ci/tables.py 'rat, position servos' $(TABLES) | python3 .ci/readme.py 'evaluate rat'
	python3 .ci/tables.py 'rat, torque motors' $(TORQUE) | python3 .ci/readme.py 'evaluate rat-torque'
	python3 .ci/tables.py quadruped $(LEGGED) | python3 .ci/readme.py 'evaluate quadruped'

# DATA=dir has the logs of real robots in dir/robot_logs.
evaluate-transfer: ## print how well identified bodies predict logs that they were not fitted on
	@[ -n "$(DATA)" ] || { echo "evaluate-transfer: want DATA=dir, a folder with robot_logs"; exit 2; }
	$(GO) run ./hil/identify/transfer $(DATA)

# Goes on from its file when it was stopped. DRAWS differences are seeded into simulated robots.
prove-report: build ## measure how often the transfer report names the right cause
	bin/whisker hil prove --draws $(or $(DRAWS),80) --out out/prove-report.jsonl

lint: deps $(DEPS)/bin/staticcheck ## gofmt, go vet, staticcheck
	@unformatted="$$(gofmt -l $$(git ls-files '*.go'))"; [ -z "$$unformatted" ] || { echo "not gofmt-ed: $$unformatted"; exit 1; }
	$(GO) vet -tags browser,data ./...
	$(DEPS)/bin/staticcheck -tags browser,data ./...
	CGO_ENABLED=0 GOARCH=arm64 $(GO) build -o /dev/null ./cmd/whisker

clean: ## remove what was built, keep what was fetched
	rm -rf bin out $(THREE)/*.js
