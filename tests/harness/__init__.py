"""The world around the agent: AWS, web servers, proxies and boxes, all on loopback."""
