"""`RequestData`: "HTTP request data" (invicti-api.md 2.1 [V]); its form is [U].

So it takes several: JSON text, form data, and a request with its header lines. Some hold what must
not reach a log: passwords, tokens, keys. All of these are fakes and say so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote_plus, urlencode

from .cast import AGENTS_OF_USERS
from .dice import Dice

Names = Mapping[str, str]
Data = dict[str, object]

_JSON = json.JSONEncoder(ensure_ascii=False).encode
_quoted = lru_cache(maxsize=1024)(quote_plus)

_SECRET_OF_TYPE: dict[str, Data] = {
    "PasswordChanged": {
        "OldPassword": "Fake-Old-Pa55!",
        "NewPassword": "Fake-New-Pa55!",
        "ConfirmPassword": "Fake-New-Pa55!",
    },
    "PasswordResetSucceeded": {"Code": "fake-reset-code-000", "Password": "Fake-New-Pa55!"},
    "UserCreated": {"Password": "Fake-First-Pa55!", "SendNotification": True},
    "CloudProviderUpdated": {
        "AccessKeyId": "AKIAFAKEFAKEFAKEFAKE",
        "SecretAccessKey": "fake/secret+access/key/0000000000000000",
    },
    "SingleSignOnUpdated": {
        "IdpUrl": "https://idp.acme.example/saml",
        "ClientSecret": "fake-client-secret-000",
    },
    "EmailSettingsUpdated": {
        "Host": "smtp.acme.example",
        "Port": 587,
        "SmtpPassword": "fake-smtp-pass",
    },
    "SmsSettingsUpdated": {"AccountSid": "ACfake", "AuthToken": "fake-auth-token-000"},
    "DatabaseSettingsUpdated": {
        "ConnectionString": "Server=db.acme.example;User Id=ns;Password=fake-db-pass;"
    },
    "AccessTokenReset": {"CurrentPassword": "Fake-Old-Pa55!"},
    "AgentTokenReset": {"ApiToken": "ZmFrZS1hZ2VudC10b2tlbg=="},
    "ScanProfileCreated": {
        "FormAuthentication": {"Personas": [{"UserName": "demo", "Password": "fake-demo-pass"}]}
    },
    "ScanProfileUpdated": {
        "HeaderAuthentication": {
            "Headers": [{"Name": "Authorization", "Value": "Bearer fake.jwt.token"}]
        }
    },
    "EncryptionKeysUpdated": {
        "PrivateKey": "-----BEGIN PRIVATE KEY-----\nFAKEFAKEFAKE\n-----END PRIVATE KEY-----"
    },
    "TwoFactorAuthenticationConfigured": {
        "SharedKey": "FAKEFAKEFAKEFAKE",
        "VerificationCode": "000000",
    },
    "SigninWithRecoveryCode": {"RecoveryCode": "fake-recovery-0000"},
}
SIGN_INS = ("Signin", "LoginAttemptFailed", "SigninAs")


def request_data(kind: str, endpoint: int, names: Names, dice: Dice) -> str | None:
    """The text for a record of this type; mostly none for background tasks."""
    if endpoint == 2 or dice.below(12) == 0:
        return None
    if kind in SIGN_INS:
        return _form(
            {"UserName": names["email"], "Password": "Fake-Pa55w0rd!", "RememberMe": "true"}, dice
        )
    data = _body(kind, names, dice)
    form = dice.below(4)
    if endpoint == 1 or form == 0:
        return _with_headers(kind, data, names, dice, endpoint)
    if form == 1 and not any(isinstance(value, dict) for value in data.values()):
        return _form(data, dice)
    if form == 3 and dice.below(3) == 0:
        return json.dumps(data, ensure_ascii=False, indent=2)
    return _JSON(data)


def _body(kind: str, names: Names, dice: Dice) -> Data:
    data: Data = {}
    if kind.startswith(("Scan", "Scheduled")):
        data = {
            "TargetUri": names["url"],
            "PolicyName": names["policy"],
            "ProfileName": names["profile"],
        }
        if dice.below(4) == 0:
            data["Cookies"] = "ASP.NET_SessionId=fake-session-000; theme=dark"
    elif kind.startswith(("Website", "Import", "AddOrUpdateTag", "Issue")):
        data = {"Name": names["site"], "RootUrl": names["url"], "Tags": names["tag"]}
    elif kind.startswith(("User", "Team", "Role", "Create", "Delete")):
        data = {"Name": names["person"], "Email": names["email"], "RoleName": names["role"]}
    data.update(_SECRET_OF_TYPE.get(kind, {}))
    return data or {"Enabled": True, "Reason": "çünkü: because"}


def _form(data: Data, dice: Dice) -> str:
    token = f"FakeCsrf{dice.below(1 << 32):08x}"
    return urlencode({**data, "__RequestVerificationToken": token}, quote_via=_quoted)


def _with_headers(kind: str, data: Data, names: Names, dice: Dice, endpoint: int) -> str:
    path = f"/api/1.0/{kind.lower()}" if endpoint == 1 else f"/{kind.lower()}/save"
    secret = (
        "Authorization: Basic RkFLRS1VU0VSOkZBS0UtVE9LRU4="
        if endpoint == 1
        else "Cookie: .AspNet.ApplicationCookie=fake-cookie-000"
    )
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: www.netsparkercloud.com",
        secret,
        f"User-Agent: {AGENTS_OF_USERS[endpoint * 2 + dice.below(2)]}",
        f"X-Forwarded-For: {names['ip']}",
        "Content-Type: application/json",
        "",
        _JSON(data),
    )
    return "\r\n".join(lines)
