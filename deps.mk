# What is fetched, its version and its checksum. Everything lands in $(DEPS), which git ignores.
MUJOCO_VERSION := 3.17.0
MUJOCO_SHA256_x86_64 := d66928d86a2d1b601bbaa4dc11db50214d17d5301bb8afd84721313b67ff0874
MUJOCO_SHA256_aarch64 := 91a70ed9979c383ff1f5c03f25cc2e1280a8254c1a8e558d5dd7f4184f01efc9
DM_CONTROL_VERSION := 1.0.50
DM_CONTROL_SHA256 := 5434e1e51ff69016867426da7df6064b18d140e4d0a628f879bbcf0e7d0a586d

# fetch_wheel NAME VERSION SHA256 DIR: the wheel of that version, checked, in DIR.
define fetch_wheel
	python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.11 --implementation cp \
	  --platform manylinux_2_28_$(ARCH) --platform manylinux_2_27_$(ARCH) --platform manylinux_2_17_$(ARCH) --platform manylinux2014_$(ARCH) --platform any \
	  -d $(4) "$(1)==$(2)"
	echo "$(3)  $$(ls $(4)/$(1)-$(2)-*.whl)" | sha256sum --check --quiet
endef

# MUJOCO_PATH takes an installed MuJoCo (with include/ and lib/) in place of the wheel.
$(DEPS)/mujoco/.ok: deps.mk
	rm -rf $(DEPS)/mujoco $(DEPS)/tmp-mujoco
	mkdir -p $(DEPS)/mujoco/lib $(DEPS)/tmp-mujoco
ifdef MUJOCO_PATH
	ln -sfn "$(abspath $(MUJOCO_PATH))/include" $(DEPS)/mujoco/include
	ln -sf "$(abspath $(MUJOCO_PATH))"/lib/libmujoco.so* $(DEPS)/mujoco/lib/
else
	$(call fetch_wheel,mujoco,$(MUJOCO_VERSION),$(MUJOCO_SHA256_$(ARCH)),$(DEPS)/tmp-mujoco)
	cd $(DEPS)/tmp-mujoco && python3 -m zipfile -e mujoco-*.whl .
	mv $(DEPS)/tmp-mujoco/mujoco/include $(DEPS)/mujoco/include
	mv $(DEPS)/tmp-mujoco/mujoco/libmujoco.so.* $(DEPS)/mujoco/lib/
	ln -sf libmujoco.so.$(MUJOCO_VERSION) $(DEPS)/mujoco/lib/libmujoco.so
endif
	rm -rf $(DEPS)/tmp-mujoco
	touch $@

$(DEPS)/rodent.xml: deps.mk
	rm -rf $(DEPS)/tmp-dm && mkdir -p $(DEPS)/tmp-dm
	$(call fetch_wheel,dm_control,$(DM_CONTROL_VERSION),$(DM_CONTROL_SHA256),$(DEPS)/tmp-dm)
	python3 -c "import zipfile,glob; open('$@.tmp','wb').write(zipfile.ZipFile(glob.glob('$(DEPS)/tmp-dm/*.whl')[0]).read('dm_control/locomotion/walkers/assets/rodent.xml'))"
	mv $@.tmp $@ && rm -rf $(DEPS)/tmp-dm && touch $@

# Python packages for conformance tests and peers in benchmarks; hashes in .ci/requirements.txt. The clients of
# vendors of actuators come without what they need for other things only.
$(DEPS)/venv/.ok: .ci/requirements.txt .ci/requirements-bus.txt
	rm -rf $(DEPS)/venv && mkdir -p $(DEPS)
	python3 -m venv $(DEPS)/venv 2>/dev/null || { $(call apt,python3-venv); rm -rf $(DEPS)/venv; python3 -m venv $(DEPS)/venv; }
	$(DEPS)/venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary=:all: --require-hashes -r .ci/requirements.txt
	$(DEPS)/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes -r .ci/requirements-bus.txt
	touch $@

# JAX and MJX for the trainer in policy/train/mjx, on a CPU; CUDA=1 is for an NVIDIA
# GPU, WHEELS=dir takes the wheels from there and asks no network.
WHEELS_MJX := policy/train/mjx/requirements$(if $(CUDA),-cuda).txt
VENV_MJX := $(DEPS)/venv-mjx$(if $(CUDA),-cuda)
$(VENV_MJX)/.ok: $(WHEELS_MJX)
	rm -rf $(VENV_MJX) && mkdir -p $(DEPS)
	python3 -m venv $(VENV_MJX)
	$(VENV_MJX)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary=:all: --require-hashes $(if $(WHEELS),--no-index --find-links $(WHEELS)) -r $(WHEELS_MJX)
	touch $@

# three.js for the live view and playwright-core for its test; integrity in package-lock.json.
$(DEPS)/node/.ok: bridge/view/package.json bridge/view/package-lock.json
	rm -rf $(DEPS)/node && mkdir -p $(DEPS)/node
	cp bridge/view/package.json bridge/view/package-lock.json $(DEPS)/node/
	cd $(DEPS)/node && npm ci --silent --no-audit --no-fund --ignore-scripts
	touch $@

$(DEPS)/chromium.ok:
	mkdir -p $(DEPS)
	command -v chromium >/dev/null || { $(call apt,chromium); }
	chromium --version && touch $@

# What makes films of the live view's pictures, and what the tests look at them with.
$(DEPS)/ffmpeg.ok:
	mkdir -p $(DEPS)
	command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null || { $(call apt,ffmpeg); }
	ffprobe -version >/dev/null && touch $@

# The broker of the tests, and its C client, the peer of the MQTT benchmark. Tests start
# brokers of their own; the one that Debian starts with the package is not used.
$(DEPS)/mosquitto.ok:
	mkdir -p $(DEPS)
	{ command -v mosquitto || command -v /usr/sbin/mosquitto; } >/dev/null && echo '#include <mosquitto.h>' | $(CC) -E - >/dev/null 2>&1 || \
	  { $(call apt,mosquitto libmosquitto-dev); }
	echo '#include <mosquitto.h>' | $(CC) -E - >/dev/null && touch $@

# ip and tc, for make netem.
$(DEPS)/iproute.ok:
	mkdir -p $(DEPS)
	command -v tc >/dev/null || { $(call apt,iproute2); }
	command -v tc >/dev/null && touch $@

# An arm64 processor for the tests of its kernels.
$(DEPS)/qemu-user.ok:
	mkdir -p $(DEPS)
	command -v qemu-aarch64 >/dev/null || { $(call apt,qemu-user); }
	command -v qemu-aarch64 >/dev/null && touch $@

# The peer of the lateness benchmark.
$(DEPS)/cyclictest.ok:
	mkdir -p $(DEPS)
	command -v cyclictest >/dev/null || { $(call apt,rt-tests); }
	command -v cyclictest >/dev/null && touch $@

STATICCHECK_VERSION := v0.8.2
$(DEPS)/bin/staticcheck: deps.mk
	GOBIN=$(abspath $(DEPS))/bin $(GO) install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION)

# apt PACKAGES: install Debian packages.
apt = $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $(1) >/dev/null

# dm_control itself, the peer of the simulation benchmark.
$(DEPS)/venv-bench/.ok: .ci/requirements-bench.txt
	rm -rf $(DEPS)/venv-bench
	python3 -m venv $(DEPS)/venv-bench
	$(DEPS)/venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --only-binary=:all: --require-hashes -r .ci/requirements-bench.txt
	touch $@
