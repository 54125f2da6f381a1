"""Who and what the tenant consists of: people, websites, policies, roles, teams, agents.

Hosts end in `.example`, addresses come from the documentation ranges: nothing exists.
"""

# ruff: noqa: RUF001 (Turkish names have a dotless i)
from __future__ import annotations

from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5


class Person(NamedTuple):
    """A member of the account; `hours` is the offset of the person's working day from UTC."""

    name: str
    email: str
    identity: UUID
    hours: int


def _person(name: str, mailbox: str, hours: int) -> Person:
    email = f"{mailbox}@acme.example"
    return Person(name, email, uuid5(NAMESPACE_URL, f"mailto:{email}"), hours)


PEOPLE = (
    _person("José García", "jose.garcia", 1),
    _person("Zoë Baker", "zoe.baker", 0),
    _person("山田太郎", "taro.yamada", 9),
    _person("Łukasz Wójcik", "lukasz.wojcik", 1),
    _person("Alice Example", "alice.example", 0),
    _person("Ayşe Yılmaz", "ayse.yilmaz", 3),
    _person("Bjørn Åkesson", "bjorn.akesson", 1),
    _person("François Lefèvre", "francois.lefevre", 1),
    _person("Nguyễn Thị Hương", "huong.nguyen", 7),
    _person("Мария Иванова", "maria.ivanova", 3),
    _person("Δημήτρης Παπαδόπουλος", "dimitris.p", 2),
    _person("שרה כהן", "sara.cohen", 2),
    _person("محمد علي", "mohamed.ali", 3),
    _person("佐藤 花子", "hanako.sato", 9),
    _person("김민준", "minjun.kim", 9),
    _person("Priya Raghunathan", "priya.r", 5),
    _person("Siobhán O'Connor", "siobhan.oconnor", 0),
    _person("Jürgen Müller-Lüdenscheidt", "juergen.mueller", 1),
    _person("Renée Dubois", "renee.dubois", 1),
    _person("João Gonçalves", "joao.goncalves", -3),
    _person("Emily Carter", "emily.carter", -5),
    _person("Michael Chen", "michael.chen", -8),
    _person("DeShawn Williams", "deshawn.williams", -5),
    _person("María José Núñez", "mj.nunez", -5),
    _person("Kateřina Dvořáková", "katerina.dvorakova", 1),
    _person('Robert "Bob" Smith', "bob.smith", -6),
    _person("Anna & Partner <QA>", "qa.partner", 1),
    _person("İbrahim Şahin", "ibrahim.sahin", 3),
)
MACHINE_USERS = (
    _person("Jenkins CI", "ci-jenkins", 0),
    _person("GitLab CI", "ci-gitlab", 0),
    _person("Jira Connector", "svc-jira", 0),
)
_SITES = (
    ("Shop", "https://shop.acme.example/"),
    ("Müşteri Portalı", "https://portal.acme.example/tr/"),
    ("Online-Banking (Prüfung)", "https://test.bank.example/"),
    ("API gateway", "https://api.acme.example/v2/"),
    ("Intranet", "https://intranet.acme.example:8443/"),
    ("採用サイト", "https://jobs.acme.example/ja/"),
    ("Blog", "https://blog.acme.example/"),
    ("Payments", "https://pay.acme.example/checkout?lang=en&step=1"),
    ("Legacy ERP", "http://erp.acme.example/default.aspx"),
    ("Café finder", "https://cafe.acme.example/"),
)
SITES = _SITES + tuple(
    (f"Branch {n:02d}", f"https://branch{n:02d}.acme.example/") for n in range(1, 31)
)
POLICIES = (
    "Default Security Checks",
    "OWASP Top 10",
    "PCI DSS",
    "SQL Injection only",
    "Gece taraması (hafif)",
    "API scan (strict)",
)
ROLES = (
    "Account Administrator",
    "Website Manager",
    "Scan Operator",
    "Read Only",
    "Prüfer",
    "Issue Triage",
)
TEAMS = ("AppSec", "Platform Engineering", "Équipe Paris", "東京チーム", "QA", "External Pentest")
GROUPS = ("Default", "Production", "Staging", "PCI scope", "Açık sistemler", "EMEA")
AGENTS = ("agent-eu-01", "agent-eu-02", "agent-us-01", "agent-ap-01", "dmz-agent")
AGENT_GROUPS = ("Europe", "Americas", "Asia/Pacific")
PROFILES = ("Nightly", "Weekly full", "CI quick", "Login ✓ form", "Release gate")
RULES = ("Critical findings to AppSec", "Scan failed", "New out-of-band finding")
ISSUES = (
    "SQL Injection",
    "Cross-site Scripting",
    "Blind XXE",
    "Weak Ciphers Enabled",
    "Open Redirect",
    "[Possible] SSRF",
)
TAGS = ("team:appsec", "env:prod", "pci", "owner:josé", "quarter=Q3")
ZONES = (
    "GMT Standard Time",
    "Turkey Standard Time",
    "Tokyo Standard Time",
    "Eastern Standard Time",
)
CHANGES = (
    "state Present → Fixed (Unconfirmed)",
    "assigned to {person}",
    "marked as false positive",
    "retest requested",
    "severity High → Medium",
)
SCANS = ("Full", "Incremental", "Retest", "Group")
SEVERITIES = ("Critical", "High", "Medium", "Low", "Best Practice")
AGENTS_OF_USERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_4) AppleWebKit/605.1 Version/17.4 Safari/605.1.15",
    "Jenkins/2.452 (netsparker-cloud-scan-plugin)",
    "python-requests/2.31.0",
)
