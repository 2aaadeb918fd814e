# For make size.
# Link-time optimization mixes the modules, so `make size` attributes bytes in a second link without it.
SIZE_CC    = $(CC)
SIZE_FLAGS = $(filter-out -flto,$(RELEASE_FLAGS))
SIZE_USER  = $(RELEASE_USER)
SIZE_NEEDS := $(RELEASE_NEEDS)
$(eval $(call objects,SIZE,$(O)/size))
$(O)/size/wcp-tiny: $(SIZE_OBJECTS) $(SIZE_LIBRARIES) $(SIZE_NEEDS) $(O)/flags.link
	$(call run,LINK,$(call link,$(filter-out -flto%,$(RELEASE_LINK)) -Wl$(comma)-Map=$(O)/size/map,$(SIZE_OBJECTS) $(SIZE_LIBRARIES)))
$(if $(NEED_COMPILER),$(call remember,$(O)/size/flags,$(file <$(O)/flags)))
