# SPDX-License-Identifier: Apache-2.0
"""Where progress is kept; each module implements the port `Store`."""
