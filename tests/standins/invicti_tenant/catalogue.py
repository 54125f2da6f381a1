"""The 107 values of `Type`, with how often and by whom.

The names stand in the vendor's order (invicti-api.md 2.3 [V]). The three numbers are weights among
the activity of the web interface, of the API and of background tasks. They and the wording of the
messages are guesses ("content of Message": invicti-api.md 9 (4), [U]): the commonest are sign-ins,
scans, issue updates and tags (section 6). An empty text is a null Message.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple


class Kind(NamedTuple):
    """A type of record; in its message names in braces stand for things of the tenant."""

    name: str
    web: int
    api: int
    background: int
    message: str


KINDS = tuple(
    Kind(*row)
    for row in (
        ("Signin", 1700, 0, 0, "User signed in. IP address: {ip}"),
        ("Signout", 900, 0, 0, ""),
        ("Signup", 1, 0, 0, "{person} signed up with an invitation."),
        ("ResentConfirmationEmail", 4, 0, 0, "Confirmation email was sent again to {email}."),
        ("EmailConfirmed", 5, 0, 0, "{email} was confirmed."),
        ("PasswordResetRequested", 22, 0, 0, "Password reset was requested for {email} from {ip}."),
        ("PasswordResetSucceeded", 18, 0, 0, ""),
        ("PasswordChanged", 20, 0, 0, ""),
        ("UserAccountUpdated", 30, 0, 0, "Time zone changed to {zone}."),
        ("UserCreated", 14, 12, 2, "User {person} <{email}> was created with the role {role}."),
        ("UserUpdated", 40, 20, 4, "User {person} was updated: roles, {team}."),
        ("AccessTokenReset", 8, 0, 0, "API token was reset."),
        (
            "ScanStarted",
            620,
            3600,
            1900,
            "{scan} scan of {url} was started with the policy {policy}.",
        ),
        ("ScanCancelled", 60, 120, 30, "Scan {id} of {url} was cancelled."),
        ("WebsiteGroupCreated", 8, 6, 0, "Website group {group} was created."),
        ("WebsiteGroupDeleted", 3, 2, 0, "Website group {group} was deleted."),
        ("WebsiteGroupUpdated", 24, 10, 0, "Website group {group} was updated. Websites: {count}"),
        ("WebsiteCreated", 60, 90, 0, "Website {site} ({url}) was created."),
        ("WebsiteUpdated", 130, 60, 0, "Website {site} was updated."),
        ("WebsiteDeleted", 20, 20, 0, "Website {site} was deleted together with {count} scans."),
        ("ScheduledScanDeleted", 18, 10, 0, "Scheduled scan {profile} was deleted."),
        (
            "ScheduledScanCreated",
            40,
            30,
            0,
            "Scheduled scan {profile} of {url} was created: every week.",
        ),
        ("ScheduledScanUpdated", 50, 20, 160, "Scheduled scan {profile} runs next for {url}."),
        ("ScanPolicyCreated", 12, 2, 0, "Scan policy {policy} was created."),
        (
            "ScanPolicyUpdated",
            40,
            4,
            0,
            "Scan policy {policy} was updated: {count} security checks.",
        ),
        ("ScanPolicyDeleted", 5, 1, 0, "Scan policy {policy} was deleted."),
        ("CheckedUpdates", 4, 0, 340, "Agent {agent} checked for updates: none."),
        ("ScanDeleted", 30, 60, 40, "Scan {id} of {url} was deleted."),
        ("SigninAs", 6, 0, 0, "Support signed in as {person}."),
        (
            "TwoFactorAuthenticationDisabled",
            5,
            1,
            0,
            "Two-factor authentication of {person} was disabled.",
        ),
        (
            "TwoFactorAuthenticationConfigured",
            14,
            0,
            0,
            "Two-factor authentication was configured.",
        ),
        ("TwoFactorAuthenticationRecoveryCodesViewed", 6, 0, 0, "Recovery codes were viewed."),
        (
            "TwoFactorAuthenticationEnforcementChanged",
            1,
            0,
            0,
            "Two-factor authentication is now required.",
        ),
        (
            "SigninWithRecoveryCode",
            4,
            0,
            0,
            "User signed in with a recovery code. IP address: {ip}",
        ),
        ("IssueCreated", 0, 30, 1700, "{severity} issue {issue} was found on {site}."),
        ("IssueUpdated", 1700, 800, 3100, "Issue {issue} on {site}: {change}."),
        ("DeleteUser", 6, 5, 0, "User {person} <{email}> was deleted."),
        ("StartVerification", 20, 10, 0, "Verification of {url} was started by DNS record."),
        ("VerifyOwnership", 16, 8, 0, "Ownership of {url} was verified."),
        ("ScanPaused", 24, 14, 60, "Scan {id} of {url} was paused."),
        ("ScanResumed", 22, 14, 60, "Scan {id} of {url} was resumed."),
        ("AccountLicenseUpdated", 1, 0, 2, "License was updated. Websites: {count}"),
        ("InvitationLicenseUpdated", 1, 0, 0, "License of the invitation to {email} was updated."),
        ("MarkedLateConfirmation", 2, 0, 3, "{email} was marked for late confirmation."),
        ("ConfirmSupportAccessRequest", 2, 0, 0, "Support access was confirmed for {count} hours."),
        ("AgentGroupCreated", 2, 1, 0, "Agent group {agents} was created."),
        ("AgentGroupUpdated", 6, 2, 0, "Agent group {agents} was updated: {agent} added."),
        ("AgentGroupDeleted", 1, 1, 0, "Agent group {agents} was deleted."),
        ("IpRestrictionAdded", 3, 0, 0, "IP range {ip}/32 was added: {team}."),
        ("IpRestrictionUpdated", 3, 0, 0, "IP range {ip}/32 was updated."),
        ("IpRestrictionDeleted", 2, 0, 0, "IP range {ip}/32 was deleted."),
        ("IpRestrictionsStatusChanged", 1, 0, 0, "IP restrictions were enabled."),
        ("RawScanFileRetentionPeriodEnabled", 1, 0, 0, "Raw scan files are kept for {count} days."),
        ("RawScanFileRetentionPeriodDisabled", 1, 0, 0, ""),
        ("AccountUpdated", 3, 0, 0, "Account name was changed."),
        ("ScanNotificationRuleCreated", 10, 4, 0, "Notification {rule} was created."),
        (
            "ScanNotificationRuleUpdated",
            14,
            4,
            0,
            "Notification {rule} was updated. Recipients: {email}",
        ),
        ("ScanNotificationRuleDeleted", 5, 2, 0, "Notification {rule} was deleted."),
        ("ScanNotificationRulePrioritiesUpdated", 3, 0, 0, "Order of notifications was changed."),
        ("ReportPolicyCreated", 4, 0, 0, "Report policy {policy} was created."),
        ("ReportPolicyUpdated", 10, 0, 0, "Report policy {policy} was updated."),
        ("ReportPolicyDeleted", 2, 0, 0, "Report policy {policy} was deleted."),
        ("AgentDeleted", 3, 5, 2, "Agent {agent} was deleted."),
        ("DeleteAccount", 1, 0, 0, "Account of a subsidiary was deleted."),
        ("NsScanImported", 8, 6, 0, "Scan of {url} was imported from Invicti Standard."),
        ("AccountsMerged", 1, 0, 0, "Account of a subsidiary was merged."),
        ("TooManyRequests", 0, 120, 0, "Too many requests from {ip}."),
        ("SupportEditedUser", 2, 0, 0, "Support edited {person}."),
        ("AgentsAutoUpdateSettingChanged", 1, 0, 0, "Automatic updates of agents were enabled."),
        (
            "WebsiteGroupTechContactChanged",
            6,
            2,
            0,
            "Technical contact of {group} is now {person}.",
        ),
        ("CreateInvitation", 14, 8, 0, "{email} was invited with the role {role}."),
        ("DeleteInvitation", 4, 2, 0, "Invitation to {email} was deleted."),
        ("ScanProfileCreated", 24, 40, 0, "Scan profile {profile} was created for {url}."),
        ("ScanProfileUpdated", 40, 30, 0, "Scan profile {profile} was updated."),
        ("ScanProfileDeleted", 10, 10, 0, "Scan profile {profile} was deleted."),
        ("GeneralSettingsUpdated", 5, 0, 0, "General settings were updated."),
        ("SecuritySettingsUpdated", 3, 0, 0, "Session timeout is now {count} minutes."),
        ("DatabaseSettingsUpdated", 1, 0, 0, "Database settings were updated."),
        ("EmailSettingsUpdated", 1, 0, 0, "SMTP server was changed."),
        ("SmsSettingsUpdated", 1, 0, 0, "SMS provider was changed."),
        ("CloudProviderUpdated", 3, 0, 0, "Cloud provider settings were updated."),
        ("SingleSignOnUpdated", 3, 0, 0, "Single sign-on was updated: SAML 2.0."),
        ("IpRestrictionsUpdated", 2, 0, 0, "IP restrictions were updated. Trusted: {count}"),
        (
            "TechnologyNotificationChanged",
            4,
            0,
            0,
            "Notifications about outdated technologies were enabled.",
        ),
        ("LoginAttemptFailed", 420, 60, 0, "Login attempt failed for {email} from {ip}."),
        ("IpRestrictedSessionsStatusChanged", 1, 0, 0, "Sessions are bound to their IP address."),
        ("U2FSecurityKeyConfigured", 5, 0, 0, "Security key was configured."),
        ("U2FSecurityKeyReConfigured", 2, 0, 0, "Security key was configured again."),
        ("AgentTokenReset", 3, 1, 0, "Token of the agent {agent} was reset."),
        ("AddOrUpdateTag", 180, 160, 0, "Tags of {site}: {tag}"),
        ("EncryptionKeysUpdated", 1, 0, 0, ""),
        ("EncryptionKeysDownloaded", 1, 0, 0, ""),
        ("RoleCreated", 4, 2, 0, "Role {role} was created with {count} permissions."),
        ("RoleUpdated", 12, 4, 0, "Role {role} was updated."),
        ("RoleDelete", 2, 1, 0, "Role {role} was deleted."),
        ("TeamCreated", 5, 4, 0, "Team {team} was created."),
        ("TeamUpdated", 16, 8, 0, "Team {team} was updated: {person} added."),
        ("TeamDelete", 2, 1, 0, "Team {team} was deleted."),
        ("DefectDojoReportImported", 0, 60, 60, "Report of {site} was sent to DefectDojo."),
        (
            "DefectDojoReportImportFailed",
            0,
            8,
            14,
            "DefectDojo refused the report of {site}: 403 Forbidden",
        ),
        ("ScanDataRetentionPeriodEnabled", 1, 0, 0, "Scan data is kept for {count} days."),
        ("ScanDataRetentionPeriodDisabled", 1, 0, 0, ""),
        (
            "ScanQueuedAgain",
            4,
            10,
            240,
            "Scan {id} of {url} was queued again: {agent} was not available.",
        ),
        ("ScanFailed", 0, 0, 180, "Scan {id} of {url} failed: target is not reachable."),
        ("AgentCommandDelete", 3, 4, 6, "Command for the agent {agent} was deleted."),
        ("ImportWebsite", 6, 8, 0, "{count} websites were imported."),
        ("LimitingRole", 2, 1, 0, "Role {role} was limited to {group}."),
    )
)

ENDPOINTS = ("Web", "Api", "BackgroundTask")
_WEIGHTS = tuple(
    tuple(accumulate(column))
    for column in ((k.web for k in KINDS), (k.api for k in KINDS), (k.background for k in KINDS))
)
TOTALS = tuple(column[-1] for column in _WEIGHTS)


def kind_at(endpoint: int, throw: int) -> Kind:
    """The kind for a throw below TOTALS[endpoint]."""
    return KINDS[bisect_right(_WEIGHTS[endpoint], throw)]


def usual_endpoint(kind: Kind) -> int:
    """Where a kind occurs most."""
    return max(range(3), key=(kind.web, kind.api, kind.background).__getitem__)
