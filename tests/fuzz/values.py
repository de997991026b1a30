"""What is typed where it does not belong."""

from __future__ import annotations

import random
import re

from django.core.files.uploadedfile import SimpleUploadedFile

CANARY = "fuzzcanary"
# How it looks where it is not escaped; in the value of a field an address is only text.
LIVE = re.compile(
    rf"""<{CANARY}|\b(?:href|src|action|formaction|poster|data)\s*=\s*["']?\s*javascript:{CANARY}""", re.IGNORECASE
)
LONG = 10**5

MARKUP = (
    f"<{CANARY}>", f'"><{CANARY}>', f"'><{CANARY}>", f"</textarea></script></title><{CANARY}>",
    f"javascript:{CANARY}()", f'" on{CANARY}="1', f"{{{{ '<{CANARY}>'|safe }}}}", f"{{% debug %}}<{CANARY}>", f"<!--<{CANARY}>",
)  # fmt: skip
TEXTS = (
    "", " ", "\t", "\r\n", "x\r\nX-Injected: 1", "0", "-1", "1e309", "NaN", "Infinity", "9" * 30, "-" + "9" * 30, "1.5", "0x10",
    "2147483648", "9223372036854775808", "٣", "½", "true", "null", "None", "[]", "{}", '{"a":1}', "[object Object]",
    "\0", "a\0b", "\x01\x02\x1b\x7f\x85", "\ud800", "\udfff\ud800", "\ufffe\uffff", "\u202egnp.exe", "\u200b", "\ufeff", "e" + "\u0301" * 50,
    "𐎀🙂👩‍👩‍👧", "ӘІҢҒҮҰҚӨҺ", "İıſK", "'", '"', "`", "\\", "%", "%00", "%s%n", "%(x)s", "{0.__class__}", "${7*7}", "' OR 1=1 --",
    "1; DROP TABLE portal_user", "_%", "*", "(", "[", "^$", "AND OR NOT", '"" ""', "../../../etc/passwd", "..\\..\\x", "file:///etc/passwd",
    "https://evil.example/", "//evil.example", "evil.example\\@x", "=1+1", "@SUM(1)", "＝1", "somebody@demo.example\nBcc: a@evil.example",
    "a@b", f"{'a' * 300}@demo.example", "+7 (701) 000-00-00", "+" + "7" * 100,
    "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "2026-02-29", "2028-02-29", "2026-13-01", "31.02.2026", "-0001-01-01",
    "2026-01-01T00:00", "24:00", "23:59:60", "00:00:00.0000001", "00000000-0000-0000-0000-000000000000", "not-a-uuid", "800101000000",
    "x" * 255, "x" * 256, "x" * 5000, "x" * LONG, "қ" * LONG, " " * LONG, "<" * LONG, '"' * LONG, "(" * 3000, "1" * LONG, "a," * 5000,
)  # fmt: skip
EXTRA = {
    "is_superuser": "1", "is_staff": "on", "is_active": "", "role": "administrator", "roles": "administrator", "state": "approved",
    "user": "1", "user_id": "1", "id": "1", "pk": "1", "uuid": "00000000-0000-0000-0000-000000000001", "person": "1", "person_id": "1",
    "owner": "1", "district": "1", "school": "1", "by": "1", "confirmed_by": "1", "verified": "on", "password": "x", "email": "a@evil.example",
    "next": "https://evil.example/", "_method": "DELETE", "trial": "on", "action": "delete", "groups": "1",
}  # fmt: skip
BODIES = (
    ("application/json", b'{"a": [1, {"b": null}]}'),
    ("text/plain", b"a=b"),
    ("application/xml", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'),
    ("application/x-www-form-urlencoded; charset=utf-16", "reason=x".encode("utf-16")),
    ("application/x-www-form-urlencoded; charset=koi8-r", b"reason=\xc1"),
    ("application/x-www-form-urlencoded; charset=nothing", b"reason=x"),
    ("application/x-www-form-urlencoded", b"%"),
    ("application/x-www-form-urlencoded", b"\xff\xfe=\xc3\x28"),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(1500))),
    ("multipart/form-data", b"--x\r\n\r\n"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"\xff\"; filename=\"\0\"\r\n\r\nb\r\n--x--\r\n"),
    ("multipart/form-data; boundary=" + "x" * 300, b"--x"),
    ("", b"a=b"),
)  # fmt: skip
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6260606060000000050001a5f645400000000049454e44ae426082"
)
FILES = (
    ("a.png", "image/png", PIXEL),
    ("a.png", "image/png", PIXEL[:40]),
    ("../../a.php", "image/png", PIXEL),
    ("a.pdf", "application/pdf", b"%PDF-1.4\n1 0 obj<</OpenAction 1 0 R>>endobj\ntrailer<</Root 1 0 R>>"),
    ("a.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='1'/>"),
    ("a.html", "text/html", f"<{CANARY}>".encode()),
    ("қ" * 300 + ".jpg", "image/jpeg", b"\xff\xd8\xff\xe0" + b"\0" * 1000),
    ("a.docx", "application/zip", b"PK\x03\x04" + b"\0" * 100),
    ("", "", b""),
    ("nul\0.png", "image/png", b"\0" * 70000),
)


def hostile(chance: random.Random) -> str:
    return chance.choice(MARKUP) if chance.random() < 0.3 else chance.choice(TEXTS)


def upload(chance: random.Random) -> SimpleUploadedFile:
    name, mime, content = chance.choice(FILES)
    return SimpleUploadedFile(name or "x", content, mime or "application/octet-stream")
