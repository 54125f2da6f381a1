# SPDX-License-Identifier: Apache-2.0
"""The audit log of a tenant: its list, or its CSV export."""
