"""Starts a gateway and ends without stopping it."""

import json

from rllm_model_gateway import GatewayConfig, GatewayProcess

config = GatewayConfig(host="127.0.0.1", port=0, store_worker="memory", log_level="WARNING")
gateway = GatewayProcess(config).start()
print(json.dumps(gateway.url))
