"""The processes that `likeopt serve` starts, watches and stops."""
