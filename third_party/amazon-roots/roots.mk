# The certificates of the endpoints' authorities, as a C source.
ROOTS := $(sort $(wildcard third_party/amazon-roots/*.pem))

$(GEN)/roots.c: $(ROOTS) third_party/amazon-roots/generate
	$(call run,GEN,third_party/amazon-roots/generate $(ROOTS) >$@)
