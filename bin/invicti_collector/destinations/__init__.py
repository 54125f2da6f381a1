# SPDX-License-Identifier: Apache-2.0
"""Where events go; each module implements the port `Destination`."""
