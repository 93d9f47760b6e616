"""Devices: what this machine can compute on, in words."""

import torch


def devices() -> str:
    """Return the devices that torch can use here, the best first."""
    found = [
        f"cuda:{number} {torch.cuda.get_device_name(number)}"
        for number in range(torch.cuda.device_count())
    ]
    if torch.backends.mps.is_available():
        found.append("mps")
    return ", ".join([*found, f"cpu with {torch.get_num_threads()} threads"])
