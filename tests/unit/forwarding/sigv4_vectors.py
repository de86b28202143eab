"""AWS's published Signature Version 4 test vectors, as data.

Source: AWS's "aws-sig-v4-test-suite" (today `awslabs/aws-c-auth`, `tests/aws-signing-test-suite/v4`), header-signing
cases; the last one is the worked example of the AWS documentation, IAM's ListUsers. Left out: folded and repeated
header lines, which cannot reach the signer, and the cases for S3, which alone does not normalise paths.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SESSION_TOKEN = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"
REGION = "us-east-1"
STAMP = "20150830T123600Z"
SIGNED_AT = 1440938160.0

UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FORM = "application/x-www-form-urlencoded"


class Vector(NamedTuple):
    name: str
    method: str
    path: str
    query: str
    signature: str
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""
    service: str = "service"
    host: str = "example.amazonaws.com"


VECTORS = (
    Vector("get-vanilla", "GET", "/", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    Vector("post-vanilla", "POST", "/", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    Vector(
        "get-vanilla-empty-query-key",
        "GET",
        "/",
        "Param1=value1",
        "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
    ),
    Vector(
        "get-vanilla-query-order-key-case",
        "GET",
        "/",
        "Param2=value2&Param1=value1",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    Vector(
        "get-vanilla-query-order-encoded",
        "GET",
        "/",
        "Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
        "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
    ),
    Vector(
        "get-vanilla-query-unreserved",
        "GET",
        "/",
        f"{UNRESERVED}={UNRESERVED}",
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    ),
    Vector(
        "get-vanilla-utf8-query",
        "GET",
        "/",
        "\u1234=bar",
        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
    ),
    Vector(
        "post-vanilla-query",
        "POST",
        "/",
        "Param1=value1",
        "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    ),
    Vector("get-utf8", "GET", "/\u1234", "", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    Vector(
        "get-space", "GET", "/example space/", "", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"
    ),
    Vector(
        "get-unreserved",
        "GET",
        f"/{UNRESERVED}",
        "",
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    ),
    Vector(
        "get-relative", "GET", "/example/..", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    ),
    Vector(
        "get-relative-relative",
        "GET",
        "/example1/example2/../..",
        "",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    Vector("get-slash", "GET", "//", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    Vector("get-slash-dot-slash", "GET", "/./", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    Vector(
        "get-slash-pointless-dot",
        "GET",
        "/./example",
        "",
        "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
    ),
    Vector("get-slashes", "GET", "//example//", "", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"),
    Vector(
        "get-header-value-trim",
        "GET",
        "/",
        "",
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        {"my-header1": " value1", "my-header2": ' "a   b   c"'},
    ),
    Vector(
        "post-header-key-sort",
        "POST",
        "/",
        "",
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
        {"my-header1": "value1"},
    ),
    Vector(
        "post-x-www-form-urlencoded",
        "POST",
        "/",
        "",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        {"content-type": FORM},
        b"Param1=value1",
    ),
    Vector(
        "get-vanilla-with-session-token",
        "GET",
        "/",
        "",
        "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
        {"x-amz-security-token": SESSION_TOKEN},
    ),
    Vector(
        "documentation-iam-list-users",
        "GET",
        "/",
        "Action=ListUsers&Version=2010-05-08",
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        {"content-type": f"{FORM}; charset=utf-8"},
        b"",
        "iam",
        "iam.amazonaws.com",
    ),
)
