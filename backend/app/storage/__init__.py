"""SQL, files and search indexes behind interfaces."""
