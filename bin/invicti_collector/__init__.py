# SPDX-License-Identifier: Apache-2.0
"""Collects the audit log of an Invicti Enterprise tenant into Splunk, once, and proves it."""
