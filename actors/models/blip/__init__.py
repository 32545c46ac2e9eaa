"""InstructBLIP and BLIP-2."""
