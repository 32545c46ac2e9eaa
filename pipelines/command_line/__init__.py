"""What every program of ours does with its arguments: verbs, flags, files of flags, paths, mistakes."""
