from small_archives import make_tgz, make_wheel

__all__ = ["make_tgz", "make_wheel"]
