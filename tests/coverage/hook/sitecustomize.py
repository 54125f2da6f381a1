"""Measures any Python that has this folder on its path; COVERAGE_PROCESS_START says how."""

import coverage

coverage.process_startup()
