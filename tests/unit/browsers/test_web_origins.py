"""Which origins an allow-list names, and which of its entries name none."""

import pytest

from browsers.web_origins import web_origins
from configuration.loading import load_settings
from core.faults import Misconfigured


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("https://*.example", "write two labels at least"),
        ("https://*.com", "write two labels at least"),
        ("https://*", "'*' stands for one whole label"),
        ("https://app-*.example.com", "'*' stands for one whole label"),
        ("https://*.*.example.com", "'*' stands for one whole label"),
        ("https://app.*.example.com", "'*' stands for one whole label"),
        ("https://app.example:*", "'*' stands for one whole label"),
        ("https://*.preview.example:443", "write 'https://*.preview.example'"),
        ("https://*.preview.example/", "write 'https://*.preview.example'"),
        ("https://*.Preview.example", "write 'https://*.preview.example'"),
        ("https://*.b\u00fccher.example", "xn--"),
        ("https://*@preview.example", "user information"),
        ("https://*.127.0.0.1", "an address has no labels"),
        ("https://*..example.com", "host"),
        ("*.example", "begin with https://"),
        ("app.example", "begin with https://"),
        ("https://App.Example", "write 'https://app.example'"),
        ("HTTPS://app.example", "write 'https://app.example'"),
        ("https://app.example:443", "write 'https://app.example'"),
        ("http://app.example:80", "write 'http://app.example'"),
        ("https://app.example:", "write 'https://app.example'"),
        ("https://app.example:0443", "port"),
        ("https://app.example:99999", "port"),
        ("https://app.example:a", "port"),
        ("https://app.example/", "write 'https://app.example'"),
        ("https://app.example/path", "write 'https://app.example'"),
        ("https://app.example?x", "write 'https://app.example'"),
        ("https://app.example#x", "write 'https://app.example'"),
        ("https://user@app.example", "user information"),
        ("https://b\u00fccher.example", "xn--"),
        ("https://b%C3%BCcher.example", "write"),
        ("https://a b.example", "host"),
        ("https://app.example ", "host"),
        ("https://app..example", "host"),
        ("https://", "host"),
        ("https://127.1", "address"),
        ("https://0x7f.0.0.1", "address"),
        ("https://[::0001]", "::1"),
        ("https://[::1", "host"),
        ("null", "nobody"),
        ("ws://app.example", "begin with https://"),
        ("file:///index.html", "begin with https://"),
        ("capacitor://localhost/", "write 'capacitor://localhost'"),
        ("Capacitor://localhost", "write 'capacitor://localhost'"),
        ("capacitor://", "'capacitor://localhost'"),
        ("capacitor://a b", "'capacitor://localhost'"),
        ("capacitor://*.example.com", "write each app's host"),
        ("chrome-extension://*", "write each app's host"),
        ("capacitor://localhost:0", "port"),
        ("", "begin with https://"),
    ],
)
def test_an_entry_that_never_matches_is_told_why(entry: str, why: str) -> None:
    route = {"path": "/*", "auth": "none", "origin": "https://api.example", "cors_origins": [entry]}
    for variables, path in (
        ({"CORS_ORIGINS": [entry]}, "CORS_ORIGINS"),
        ({"ROUTES": [route]}, "ROUTES[0].cors_origins"),
    ):
        with pytest.raises(Misconfigured) as refused:
            load_settings(variables, set())
        (fault,) = refused.value.faults
        assert fault.startswith(f"{path}: ")
        assert why in fault


@pytest.mark.parametrize(
    "entry",
    ["https://app.example", "http://localhost:5173", "https://xn--bcher-kva.example", "https://a_b.example:8443"]
    + ["http://127.0.0.1:8787", "https://[::1]:8443", "https://app.example.", "*"]
    + ["https://*.preview.example", "http://*.preview.example:8080", "http://*.localhost:3000"]
    + ["https://*.xn--bcher-kva.example", "capacitor://localhost", "ionic://localhost", "tauri://localhost"]
    + ["chrome-extension://abcdefghijklmnopabcdefghijklmnop", "safari-web-extension://2C6D-0A", "app://localhost:8080"],
)
def test_what_a_browser_sends_is_taken(entry: str) -> None:
    assert load_settings({"CORS_ORIGINS": [entry]}, set()).cors_origins == (entry,)


SITES = web_origins(["https://*.preview.example", "http://*.localhost:3000", "capacitor://localhost", "*"])


@pytest.mark.parametrize(
    "origin",
    ["https://pr-7.preview.example", "https://xn--bcher-kva.preview.example", "https://a_b.preview.example"]
    + ["http://app.localhost:3000", "capacitor://localhost"],
)
def test_a_pattern_names_one_label(origin: str) -> None:
    assert origin in SITES


@pytest.mark.parametrize(
    "origin",
    ["https://preview.example", "https://a.b.preview.example", "https://.preview.example", "https://preview.example."]
    + ["http://a.preview.example", "https://a.preview.example:8443", "https://a.preview.example:443"]
    + ["https://A.preview.example", "https://a.PREVIEW.example", "HTTPS://a.preview.example"]
    + ["https://a.preview.example.evil.example", "https://a-preview.example", "https://apreview.example"]
    + ["https://evil.example/.preview.example", "https://evil.example#.preview.example"]
    + ["https://evil@a.preview.example", "https://a:b@c.preview.example", "https://evil:1.preview.example"]
    + ["https://a.preview.example\n", "https://a.preview.example, https://b.preview.example"]
    + ["https://b\u00fccher.preview.example", "https://*.preview.example", f"https://{'a' * 64}.preview.example"]
    + ["http://app.localhost", "http://localhost:3000", "capacitor://localhost:1", "Capacitor://localhost"]
    + ["null", "*", ""],
)
def test_a_pattern_names_nothing_else(origin: str) -> None:
    assert origin not in SITES
