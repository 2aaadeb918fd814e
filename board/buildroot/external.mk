include $(sort $(wildcard $(BR2_EXTERNAL_WCP_TINY_PATH)/package/*/*.mk))
