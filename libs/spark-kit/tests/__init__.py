"""Tests of spark-kit; a package so that they share their rows and stamps."""
