"""Command lines of our programs: verbs, flags, files of flags, paths, mistakes."""
