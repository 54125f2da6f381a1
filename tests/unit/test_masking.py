"""masking: no secret survives, nothing else changes, and no text can hold up a run."""

from __future__ import annotations

import json
import re
import string
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.masking import MASK, _folded, mask_request_data
from tests.unit.plain_masking import mask_text

NAMES = st.sampled_from(
    [
        "Password",
        "NewPassword",
        "confirm_passwd",
        "passphrase",
        "pwd",
        "ClientSecret",
        "apiToken",
        "__RequestVerificationToken",
        "AWS.Credentials",
        "Authorization",
        "Cookie",
        "SessionId",
        "api_key",
        "X-Api-Key",
        "AccessKeyId",
        "PrivateKey",
        "RecoveryCode",
        "otp",
    ]
)
# Marked, so that finding a part of it in the result means that it came through.
SECRETS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20).map(
    lambda text: f"S3CR{text}T41L"
)
ONE_LINE = st.text(st.characters(codec="ascii", min_codepoint=32), max_size=20).map(
    lambda text: f"S3CR{text}T41L"
)
PLAIN = st.from_regex(r"S3CR[A-Za-z0-9+/=,.!_-]{0,20}T41L", fullmatch=True)


def assert_gone(text: str) -> None:
    assert "S3CR" not in text
    assert "T41L" not in text
    assert MASK in text


@given(NAMES, SECRETS)
def test_json_loses_the_secret_only(name: str, secret: str) -> None:
    request = {"UserName": "José", name: secret, "Nested": {"List": [{name: secret, "B": 1}]}}
    for indent in (None, 2):
        masked = mask_request_data(json.dumps(request, ensure_ascii=False, indent=indent))
        assert_gone(masked)
        assert json.loads(masked) == {
            "UserName": "José",
            name: MASK,
            "Nested": {"List": [{name: MASK, "B": 1}]},
        }


@given(NAMES, SECRETS)
def test_json_inside_json_loses_the_secret(name: str, secret: str) -> None:
    inner = json.dumps({name: [secret, secret], "Site": "x"})
    masked = mask_request_data(json.dumps({"Body": inner, "Url": "/a"}))
    assert_gone(masked)
    assert json.loads(json.loads(masked)["Body"]) == {name: MASK, "Site": "x"}


HEAD = "POST /api/1.0/users/new HTTP/1.1\r\nHost: a.example\r\nCookie: S3CR"
MASKED_HEAD = HEAD.replace("S3CR", MASK)


@given(NAMES, SECRETS, st.sampled_from(["\r\n\r\n", "\n\n", "\n"]))
def test_json_below_header_lines_is_masked_as_json(name: str, secret: str, end: str) -> None:
    request = {
        "Headers": [{"Name": name, "Value": secret}, {"Name": "Accept", "Value": "*/*"}],
        name: {"Roles": [{"A": 1}], "Pass": secret},
        "B": ["x"],
    }
    for indent in (None, 2):
        masked = mask_request_data(HEAD + end + json.dumps(request, indent=indent))
        assert_gone(masked)
        assert masked.startswith(MASKED_HEAD + end)
        assert json.loads(masked[len(MASKED_HEAD + end) :]) == {
            "Headers": [{"Name": name, "Value": MASK}, {"Name": "Accept", "Value": "*/*"}],
            name: MASK,
            "B": ["x"],
        }


@pytest.mark.parametrize(
    "above",
    [
        "<Password>",
        "a=b&Password=",
        'Content-Disposition: form-data; name="Credentials"\r\n',
    ],
)
def test_json_below_the_name_of_a_secret_is_its_value(above: str) -> None:
    masked = mask_request_data(above + '\r\n{"a":"S3CRT41L"}')
    assert_gone(masked)


def test_a_name_written_with_json_escapes_below_header_lines_loses_the_secret() -> None:
    for head in (HEAD, "Host: \\u0061"):
        masked = mask_request_data(head + '\n\n{"\\u0070assword":"S3CR"}')
        assert masked == head.replace("S3CR", MASK) + f'\n\n{{"password":"{MASK}"}}'
    assert mask_request_data('Host: \\u0061\n\n{"a": 1}') == 'Host: \\u0061\n\n{"a": 1}'


def test_json_without_a_secret_below_header_lines_stays_as_it_is() -> None:
    body = '\r\n\r\n{"Name":  "Token x",\n "B": 1.50}\r\n'
    assert mask_request_data(HEAD + body) == MASKED_HEAD + body


@given(NAMES, SECRETS)
def test_json_that_is_the_json_of_a_text_loses_the_secret(name: str, secret: str) -> None:
    inner = {"Headers": [{"Name": name, "Value": secret}], name: [[secret]], "B": 1}
    for text in (json.dumps(json.dumps(inner)), json.dumps(json.dumps(json.dumps(inner)))):
        masked = mask_request_data(text)
        assert_gone(masked)
        while isinstance(masked, str):
            masked = json.loads(masked)
        assert masked == {"Headers": [{"Name": name, "Value": MASK}], name: MASK, "B": 1}


@given(NAMES, SECRETS)
def test_a_list_of_names_and_values_loses_the_secret(name: str, secret: str) -> None:
    headers = [{"Name": name, "Value": secret}, {"Name": "Accept", "Value": "text/html"}]
    masked = mask_request_data(json.dumps({"Headers": headers}))
    assert_gone(masked)
    assert json.loads(masked)["Headers"][1] == headers[1]


PAIRS = (
    "Headers%5B0%5D.Name={0}&Headers%5B0%5D.Value={1}&Headers%5B1%5D.Name=a&Headers%5B1%5D.Value=b",
    "h[0][Name]={0}&h[0][Value]={1}&x=1",
    "h%5B0%5D%5Bkey%5D={0}&h%5B0%5D%5Bvalue%5D={1}&x=1",
    "<H><Name>{0}</Name><Value>{1}</Value></H><H><Name>a</Name><Value>b</Value></H>",
    "<d:Name>{0}</d:Name><d:Value><![CDATA[{1}]]></d:Value>",
    '<add key="{0}" value="{1}"/><add key="a" value="b"/>',
    '{{"Headers":[{{"Name":"a","Value":"b"}},{{"Name":"{0}","Value":"{1}"}},{{"Name":"a","Val',
    '{{"Body":"{{\\"Header\\": \\"{0}\\", \\"Value\\": \\"{1}\\"}}", "cut',
    "POST /x HTTP/1.1\r\nHost: a\r\n\r\nfield={0}&type=b&value={1}&value=c",
    "{{'parameter': '{0}', 'value': '{1}'}}",
)


@given(NAMES, PLAIN, st.sampled_from(PAIRS))
def test_a_pair_of_name_and_value_in_any_form_loses_the_secret_only(
    name: str, secret: str, form: str
) -> None:
    masked = mask_request_data(form.format(name, secret))
    assert_gone(masked)
    assert masked == form.format(name, MASK).replace(f"<![CDATA[{MASK}]]>", MASK)


@given(NAMES, SECRETS)
def test_a_pair_in_json_in_a_form_loses_the_secret(name: str, secret: str) -> None:
    for blank in (" ", ""):
        pair = json.dumps([{"Name": name, "Value": secret}], separators=("," + blank, ":" + blank))
        for text in (urlencode({"a": pair, "b": "c"}), f"a={quote(pair)}&b=c"):
            masked = mask_request_data(text)
            assert_gone(masked)
            assert masked.endswith(f"{MASK}&b=c")


@pytest.mark.parametrize(
    "text",
    [
        "Name=Token&Name=a&Value=b",
        "UserName=Token&Value=b",
        "Name=a&Value=token",
        "<Name>Token</Name><Name>a</Name><Value>b</Value>",
        "Name=Token&values=b&MinValue=c",
    ],
)
def test_what_is_no_pair_with_a_secrets_name_stays(text: str) -> None:
    assert mask_request_data(text) == mask_text(text) == text


@given(NAMES, SECRETS)
def test_an_object_that_is_no_text_is_masked_too(name: str, secret: str) -> None:
    request = {"A": 1, name: secret, "B": [None, True, {name: {"deep": secret}}]}
    assert mask_request_data(request) == {"A": 1, name: MASK, "B": [None, True, {name: MASK}]}


@given(name=NAMES, secret=SECRETS, bracketed=st.booleans())
def test_form_data_loses_the_secret_only(name: str, secret: str, *, bracketed: bool) -> None:
    field = f"Users[0][{name}]" if bracketed else name
    text = urlencode({"UserName": "joe", field: secret, "RememberMe": "true"})
    masked = mask_request_data(text)
    assert_gone(masked)
    assert masked == f"UserName=joe&{quote(field)}={MASK}&RememberMe=true"


@given(NAMES, st.text(string.ascii_letters + "-_.!~*'()%\""))
def test_quotes_that_a_browser_leaves_in_form_data_are_part_of_the_secret(
    name: str, secret: str
) -> None:
    """By ECMA-262, encodeURIComponent leaves these marks as they are."""
    text = f"UserName=joe&{name}=S3CR{secret}T41L&RememberMe=x"
    masked = mask_request_data(text)
    assert masked == f"UserName=joe&{name}={MASK}&RememberMe=x"


@given(NAMES, SECRETS)
def test_json_in_form_data_loses_the_secret(name: str, secret: str) -> None:
    text = urlencode({"data": json.dumps({name: secret}), "RememberMe": "true"})
    masked = mask_request_data(text)
    assert_gone(masked)
    assert masked.endswith("&RememberMe=true")


@given(NAMES, SECRETS.filter(lambda secret: "\n--" not in secret))
def test_multipart_form_data_loses_the_secret(name: str, secret: str) -> None:
    text = (
        '--b1\r\nContent-Disposition: form-data; name="UserName"\r\n\r\njoe\r\n'
        f'--b1\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: text/plain\r\n\r\n'
        f"{secret}\r\n--b1--\r\n"
    )
    masked = mask_request_data(text)
    assert_gone(masked)
    assert masked == text.replace(secret, MASK)


@given(ONE_LINE, st.sampled_from(["\r\n", "\n"]))
def test_header_lines_lose_the_secret_only(secret: str, end: str) -> None:
    names = (
        "Authorization",
        "Cookie",
        "Set-Cookie",
        "X-Api-Key",
        "X-Auth-Token",
        "Proxy-Authorization",
    )
    for name in names:
        lines = ("POST /users/save HTTP/1.1", "Host: a.example", f"{name}: {secret}", "Accept: */*")
        masked = mask_request_data(end.join([*lines, "", '{"Name": "x"}']))
        assert_gone(masked)
        expected = (*lines[:2], f"{name}: {MASK}", lines[3], "", '{"Name": "x"}')
        assert masked == end.join(expected)


@pytest.mark.parametrize("name", ["Cookie", "Set-Cookie", "Authorization", "X-Token", "Password"])
@pytest.mark.parametrize("value", ["a=1; .ASPXAUTH=S3CR; c=it's", 'S3CR a="1"; b=S3CR, c=d'])
@pytest.mark.parametrize(
    "form",
    [
        r'{"Dump":"Host: a\r\n#: $\r\nAccept: x", "cut',
        r'{"Dump":"#: $\nAccept: x", "cut',
        r'{"Body":"{\"Dump\":\"#: $\\r\\nAccept: x\"}", "cut',
        r'{"Dump":"Host: a\n#: $","Accept":"x", "cut',
        "curl -H '#: $' -H 'Accept: x'",
    ],
)
def test_a_line_inside_a_quoted_text_loses_all_of_the_secret(
    form: str, name: str, value: str
) -> None:
    text = form.replace("#", name)
    masked = mask_request_data(text.replace("$", value))
    assert masked == mask_text(text.replace("$", value)) == text.replace("$", MASK)


@given(NAMES, ONE_LINE, st.sampled_from(["\r\n", "\n"]))
def test_a_line_that_begins_with_the_name_of_a_secret_loses_all_of_it(
    name: str, secret: str, end: str
) -> None:
    text = end.join(["UserName: joe", f"  {name} : {{}}", f"{name}: {{}}", "B: c d"])
    masked = mask_request_data(text.replace("{}", secret))
    assert masked == text.replace("{}", MASK)


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "ENCRYPTED ", "OPENSSH "])
@pytest.mark.parametrize(
    "form",
    [
        "PrivateKey: {}\r\nB: c",
        "Certificate={}&a=b",
        "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n{}\n{}\n",
        '--b\nContent-Disposition: form-data; name="ClientKey"\n\n{}\n--b--',
        "<Pem>{}</Pem>",
        'x {{"Pem":"{}","B":1',
    ],
)
def test_a_private_key_is_masked_wherever_it_stands(form: str, kind: str) -> None:
    for end in ("\n", "\r\n", "\\n"):
        key = f"-----BEGIN {kind}PRIVATE KEY-----{end}S3CR{end}T41L{end}"
        form = form.replace("{{", "{")
        masked = mask_request_data(form.replace("{}", f"{key}-----END {kind}PRIVATE KEY-----"))
        assert masked == form.replace("{}", MASK)
        cut = mask_request_data(form.partition("{}")[0] + key)
        assert cut == form.partition("{}")[0] + MASK
    tree = {"Pem": f"{key}-----END {kind}PRIVATE KEY-----", "B": "-----BEGIN CERTIFICATE-----"}
    assert mask_request_data(tree) == {**tree, "Pem": MASK}


@given(PLAIN, st.sampled_from(["Bearer", "Basic", "bearer"]))
def test_an_authorization_inside_a_line_loses_the_secret(secret: str, scheme: str) -> None:
    for text in (
        f"sent Authorization: {scheme} {secret} to the site",
        rf"GET / HTTP/1.1\r\nAuthorization: {scheme} {secret}",
        f"curl -H 'Authorization: {scheme} {secret}' https://a.example",
    ):
        assert_gone(mask_request_data(text))


@given(NAMES, SECRETS)
def test_xml_loses_the_secret_only(name: str, secret: str) -> None:
    text = f'<user id="1"><name>joe</name><{name} type="x">{escape(secret)}</{name}><a/></user>'
    masked = mask_request_data(text)
    assert_gone(masked)
    assert masked == text.replace(escape(secret), MASK)


@given(NAMES, SECRETS.filter(lambda secret: "]]>" not in secret))
def test_cdata_loses_the_secret(name: str, secret: str) -> None:
    assert_gone(mask_request_data(f"<u><{name}><![CDATA[{secret}]]></{name}><b>x</b></u>"))


@given(NAMES, SECRETS)
def test_json_that_was_cut_short_loses_the_secret(name: str, secret: str) -> None:
    whole = json.dumps({"UserName": "joe", name: secret, "More": "text"})
    assert_gone(mask_request_data(whole[:-4]))
    assert_gone(mask_request_data(json.dumps({"Body": whole})[:-4]))
    if "]" not in secret:  # of a list that is no JSON, the end is a guess
        assert_gone(mask_request_data(json.dumps({name: ["a", secret]})[:-1]))


@given(NAMES, PLAIN)
def test_a_connection_string_loses_the_secret_only(name: str, secret: str) -> None:
    text = f"Server=db.example;User Id=ns;{name}={secret};Pooling=true"
    masked = mask_request_data(json.dumps({"ConnectionString": text}))
    assert_gone(masked)
    assert json.loads(masked)["ConnectionString"] == text.replace(secret, MASK)


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        True,
        "",
        "plain text",
        '{"Name":  "x",  "Tags": ["a"]}',
        '{"Message":  "your token has expired"}',
        "TargetUri=https%3A%2F%2Fa.example%2F&PolicyName=Default",
        "Host: a.example\r\nAccept: */*\r\n\r\n",
        "<user><name>joe</name></user>",
        "The password was changed",
        "password=",
        '{"Password": "", "Token": null}',
        "<password/><password></password>",
        {"AutoGeneratePassword": True, "AttackCookies": False, "Name": "Token", "Value": True},
        '{"AutoGeneratePassword": true, "EnableCookies":false, "OtpSecret": null}',
        "PolicyName=p&AttackCookies=true&EnableCookies=False&Token=null",
        '{"a":{"EnableCookies":true}},"AutoGeneratePassword": false, "Token": null, "cut',
        'x {"Password": "", "Token": [], "Cookies": {}, \'pwd\': \'\', "cut',
        'x {\\"Password\\":\\"\\",\\"Token\\":true}',
        "Host: a\r\nResetPassword: true\r\nX-Token: false \r\n",
        "<u><ResetPassword>true</ResetPassword><Name>Token</Name><Value>false</Value></u>",
        "Name=EnableCookies&Value=true",
        '--b\r\nContent-Disposition: form-data; name="ResetPassword"\r\n\r\ntrue\r\n--b--',
    ],
)
def test_what_holds_no_secret_is_untouched(value: Any) -> None:
    assert mask_request_data(value) == value


TRICKY = st.sampled_from(
    [
        *(
            "{",
            "}",
            "[",
            "]",
            '"',
            "'",
            "\\",
            "<",
            ">",
            "=",
            ":",
            "&",
            ";",
            ",",
            "%",
            " ",
            "-",
            "/",
        ),
        *("password", "token", "Bearer ", "a1", "%3D", "%5B", "%22", "<![CDATA[", "]]>", "</"),
        *(
            "true",
            "false}",
            "null ",
            "name",
            "Value",
            "key=",
            "%5d",
            "%27",
            ">token<",
            '\n{"',
            '":"',
            '"}',
        ),
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        *("\n", "\r\n\r\n", "\r\n--", 'Content-Disposition: name="', "Cookie"),
    ]
)


# Letters that count as k, i and s where case is ignored, and names that only together are one.
FOLDED = st.sampled_from(
    [
        "Pa\u017f\u017fword",
        "se\u017fs\u0131on",
        "coo\u212aie",
        "AUTHOR\u0130ZATION",
        "api-",
        "Key",
        "%5b",
        "%3a",
    ]
)


@given(st.lists(TRICKY | FOLDED, max_size=40).map("".join))
def test_the_short_cuts_mask_what_looking_at_every_word_masks(text: str) -> None:
    text = "x" + text  # never JSON
    assert mask_request_data(text) == mask_text(text)


def test_no_letter_is_taken_for_one_of_a_name_only_where_case_is_ignored() -> None:
    for letter in filter(str.isprintable, map(chr, range(128, 0x110000))):
        like = re.fullmatch("[a-z]", letter, re.IGNORECASE)
        assert bool(like) == (_folded(letter) in string.ascii_lowercase), letter
        assert len(_folded(letter)) == 1


@given(NAMES, SECRETS)
def test_a_name_written_with_json_escapes_loses_the_secret(name: str, secret: str) -> None:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in name)
    masked = mask_request_data(f'{{"{escaped}":{json.dumps(secret)}}}')
    assert_gone(masked)


@given(st.lists(TRICKY, max_size=40).map("".join))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask_request_data(text)
    assert isinstance(once, str)
    assert mask_request_data(once) == once


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_masked(text: str) -> None:
    assert isinstance(mask_request_data(text + "password=" + text), str)


@pytest.mark.parametrize("depth", [300, 600, 900, 5000, 200_000])
def test_deep_nesting_stops_nothing(depth: int) -> None:
    text = "[" * depth + '{"password":"S3CR"}' + "]" * depth
    assert "S3CR" not in mask_request_data(text)
    assert "S3CR" not in mask_request_data('{"a":' * depth + '{"token":"S3CR"}' + "}" * depth)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"name": "José", "password": "x"}', '{"name":"José","password":"*"}'),
        ('[{"token": "x"}, 1.50]', '[{"token":"*"},1.5]'),
        (' \n{"otp": "x", "a": ""}', '{"otp":"*","a":""}'),
    ],
)
def test_json_stays_compact_json(text: str, masked: str) -> None:
    assert mask_request_data(text) == masked.replace("*", MASK)


def test_what_is_nested_too_deeply_is_masked_as_a_text_or_wholly() -> None:
    depth = 200_000
    text = "[" * depth + '{"password":"S3CR","name":"joe"}' + "]" * depth
    assert '"password":"********","name":"joe"}' in mask_request_data(text)
    value: Any = {"password": "S3CR"}
    for _ in range(depth):
        value = [value]
    assert mask_request_data(value) == MASK


HOSTILE = (
    "'token' * {n}",
    "'password' + 'a' * {n}",
    "'a' * {n} + ' token'",
    "'token' * {n} + ':'",
    "'<' + 'token' * {n} + '>x'",
    "'<token>' * {n}",
    "'<token><![CDATA[' * {n}",
    "'token=' * {n}",
    "'token ' * {n}",
    "'token' + ' ' * {n}",
    "'token' + chr(92) * {n}",
    "'token=' + (chr(92) + chr(34)) * {n}",
    "'token=' + chr(92) * {n} + chr(34)",
    "'token:' + '[' * {n}",
    "'token=' + ',' * {n}",
    "'token' + '%5B' * {n}",
    "'token' + '%3D' * {n}",
    "'name=token\\n' * {n}",
    "'name=' + 'token\\n' * {n}",
    "'name=token\\r\\n\\r\\n' * {n}",
    "'name=' * {n} + 'token'",
    "'name=\"' * {n} + 'token'",
    "'Content-Disposition:name=\\n' * {n}",
    "'Content-Disposition:token\\r\\n\\r\\n' * {n}",
    "'Content-Disposition:' + 'token' * {n}",
    "'Content-Disposition:token' + '\\na' * {n}",
    "'%5B ' * {n} + 'token'",
    "'%22token%22%3A%22' * {n}",
    "'Cookie:' * {n}",
    "' ' * {n} + 'token'",
    "'\\n ' * {n} + 'token'",
    "'-' * {n} + 'token'",
    "'\"' * {n} + 'token='",
    "'token=\"' * {n}",
    "chr(34) + 'token:' + chr(92) * {n}",
    "(chr(34) + 'token:') * {n}",
    "(chr(92) + 'ntoken:a') * {n}",
    "(chr(92) + 'ntoken: ' + chr(34)) * {n}",
    "chr(34) + 'token:' + 'a' * {n}",
    "'-----BEGIN PRIVATE KEY-----' * {n}",
    "'-----BEGIN ' * {n} + 'private key'",
    "'-----BEGIN PRIVATE KEY-----' + '-----END ' * {n}",
    "'-----BEGIN ' + 'PRIVATE KEY' * {n}",
    "'token.' * {n} + ':'",
    "'token:true' + '}}' * {n} + ' x'",
    "'<token>' + ' ' * {n} + 'x'",
    "'Cookie: true' + ' ' * {n} + 'x'",
    "'token=a' + chr(39) * {n}",
    "'token=' + 'a' * {n} + chr(39)",
    "'name=token' * {n}",
    "'value=' * {n} + 'token'",
    "'name=token&value=' * {n}",
    "'<name>token</name><value>' * {n}",
    "'token' + 'name' + ' ' * {n} + 'value'",
    "'name=token&value=x' + 'name=' * {n}",
    "'token' + '\\n[' * {n}",
    "'token' + '\\n{{}}' * {n}",
    "'token\\n' + '[1,' * {n}",
)


@pytest.mark.parametrize("shape", HOSTILE)
def test_the_time_to_mask_grows_with_the_text_only(shape: str) -> None:
    """Whoever can send the tenant a request writes this text.

    So many repetitions take a second; what grows with their square would take hours. In a
    process of its own, since a pattern at work cannot be interrupted.
    """
    code = f"from invicti_collector.masking import *; mask_request_data({shape.format(n=200_000)})"
    folder = Path(__file__).parents[2] / "bin"
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, timeout=40)


@pytest.mark.parametrize(
    "text",
    [
        "<A>1</A><Password>{0}</Password><B>2</B><Token>{0}</Token><C>3</C>",
        "Secret: {0}\nHost: a\nCookie: {0}\nAccept: b\nX-Token: {0}\nDate: c",
        "token={0}&a=1&token={0}&b=2&password={0}&c=3",
    ],
)
def test_of_several_secrets_each_is_masked_and_the_rest_stays(text: str) -> None:
    assert mask_request_data(text.format("abc")) == text.format(MASK)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        # Positions move with what a header's value was replaced by, shorter or longer than it.
        (
            "Authorization: a\nToken-Note\nx; password=b; token=c",
            "Authorization: *\nToken-Note\nx; password=*; token=*",
        ),
        (
            "Cookie: a, password=b and more than eight\nsecret x\npwd=c&d=e",
            "Cookie: *\nsecret x\npwd=*&d=e",
        ),
        ("Cookie: a\rtoken=b\nx", "Cookie: *\rtoken=*\nx"),
        ("Host: a\nSession: 1\nX-Token: 2 3\n", "Host: a\nSession: *\nX-Token: *\n"),
        # A name holds several words of secrets, a part of one, or one that goes on behind it.
        ("tokensecretkey=a&b=c", "tokensecretkey=*&b=c"),
        ("apikeyapikey=a&keyapi=b", "apikeyapikey=*&keyapi=b"),
        ("passpassword=a&passwor=b", "passpassword=*&passwor=b"),
        ("api key=a&recovery code=b", "api key=a&recovery code=b"),
        ("a=token&b=c&token=d", "a=token&b=c&token=*"),
        ("token token=a", "token token=*"),
        ("token\ntoken\notp=a", "token\ntoken\notp=*"),
        ("x.token[a]=b/c=d&e/pwd=f&{otp=g}", "x.token[a]=*&e/pwd=*&{otp=*}"),
        ("xkey.secret.note=a&my-api-key-otp=b", "xkey.secret.note=*&my-api-key-otp=*"),
        # Each value in its own quotes.
        ("password=\"a b\" c, pwd='d e' f", "password=\"*\" c, pwd='*' f"),
        ('x {\\"token\\":\\"a b\\",\\"c\\":1}', 'x {\\"token\\":\\"*\\",\\"c\\":1}'),
        # A quote inside a word belongs to the value, one at its end to what is around it.
        ("password=it's-a&b=c", "password=*&b=c"),
        ("password=it's'&b=c", "password=*&b=c"),
        ("x 'otp=it''s' y", "x 'otp=*' y"),
        ('{"Url":"/a?token=a","B":"c"', '{"Url":"/a?token=*","B":"c"'),
        ('<a href="/b?token=a">', '<a href="/b?token=*">'),
        ('{\\"Url\\":\\"?token=a\\",\\"B\\":1', '{\\"Url\\":\\"?token=*",\\"B\\":1'),
        # A switch is a whole value.
        ("password=trueish&b=c", "password=*&b=c"),
        ("password=true,x&b=c", "password=*&b=c"),
        ("Cookie: true; a=b", "Cookie: *"),
        # Of names in quotes, JSON in lines for one, a comma ends the value.
        ('{\n  "Password": "a b", "c": 1,\n', '{\n  "Password": "*", "c": 1,\n'),
        ("Users[0].Password: a b, c; d\nB: e", "Users[0].Password: *\nB: e"),
        ("changed Password: a b", "changed Password: * b"),
        # Three headers, each longer or shorter than what stands for its value.
        (
            "Cookie: a\nX-Token: longer than eight\nAuthorization: b\n\npwd=c&d=e",
            "Cookie: *\nX-Token: *\nAuthorization: *\n\npwd=*&d=e",
        ),
        # Positions move with elements and parts, too.
        (
            "x<Password>longer than eight</Password> otp=a&b=c",
            "x<Password>*</Password> otp=*&b=c",
        ),
        ("x<Pin>1</Pin><Pwd>a</Pwd> token=b&c=d", "x<Pin>1</Pin><Pwd>*</Pwd> token=*&c=d"),
    ],
)
def test_a_secret_is_found_by_its_name_alone(text: str, masked: str) -> None:
    assert mask_request_data(text) == masked.replace("*", MASK)
    assert mask_text(text) == masked.replace("*", MASK)


def test_what_a_text_holds_takes_no_more_memory_than_it_may() -> None:
    """Decoded, a list takes a hundred times the memory of its two letters."""
    text = '{"password":"hunter2","all":[' + "[]," * 600_000 + "[]]}"
    tracemalloc.start()
    try:
        masked = mask_request_data(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "hunter2" not in masked
    assert peak < 20 * len(text)
