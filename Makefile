# A short front; the build itself is meson.build.
MESON = env PATH=/usr/bin:$$PATH meson
BUILD = build
DIR =
BENCH =

.PHONY: all demo check check-far check-systemd bench bench-backup install clean lint powercut soak fuzz screenshots

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	tools/deps.sh build
	$(MESON) setup $(BUILD) --buildtype=release -Dtests=disabled

demo:
	tools/deps.sh demo
	@$(MAKE) -s all
	@tools/demo.sh $(BUILD)/src/fettle "$(DIR)"

check:
	tools/deps.sh check
	@tools/check.sh

bench bench-backup: all
	@tools/$@.sh $(BUILD) $(BENCH)

check-far:
	tools/deps.sh far
	@tools/check-far.sh

# The units under a real systemd as process 1; as root, under a minute.
check-systemd: all
	tools/deps.sh systemd
	@test/service/boot.sh $(BUILD)

# Pictures of every page of the dashboard, in DIR (screenshots), to be looked at.
screenshots: all
	tools/deps.sh check
	FETTLE=$(CURDIR)/$(BUILD)/src/fettle /usr/bin/python3 test/web/screenshots.py $(or $(DIR),screenshots)

powercut soak fuzz lint: 
	@tools/$@.sh

install: all
	$(MESON) install -C $(BUILD)

clean:
	rm -rf build build-check build-clang build-fuzz build-tsan
