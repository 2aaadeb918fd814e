"""Signature Version 4, as build/sigv4-vector, and botocore's signer: both sign the same requests, made at random.

$WCP_SEED makes others.
"""

import datetime
import hashlib
import os
import random
from unittest import mock
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from signer import sign

SEED = os.environ.get("WCP_SEED", "wcp-tiny")
COUNT = 150
LETTERS = "abcxyzABCXYZ0189-_.~"
# In paths, queries and header values: what is to be encoded, and what must not be.
TEXT = LETTERS + " !$&'()*+,;=:@/<>[]{}|^`\"éß漢🙂"
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD")


def words(choice, alphabet, longest=12):
    return "".join(choice.choice(alphabet) for _ in range(choice.randint(1, longest)))


class Made:
    """A request, and who signs it when; the same for the same seed and number."""

    def __init__(self, number):
        choice = random.Random(f"{SEED} {number}")
        self.method = choice.choice(METHODS)
        self.host = f"{words(choice, 'abc019')}.{words(choice, 'xyz')}.amazonaws.com"
        self.path = self._path(choice)
        self.query = [(words(choice, TEXT), choice.choice(["", words(choice, TEXT)]))
                      for _ in range(choice.randint(0, 5))]
        self.headers = {f"X-{words(choice, 'abcXYZ019')}": self._value(choice) for _ in range(choice.randint(0, 4))}
        self.body = choice.randbytes(choice.choice([0, 1, 20, 3000]))
        self.time = datetime.datetime(choice.randint(1970, 2099), choice.randint(1, 12), choice.randint(1, 28),
                                      choice.randint(0, 23), choice.randint(0, 59), choice.randint(0, 59))
        self.settings = {"access_key_id": f"AKIA{words(choice, 'ABC234')}",
                         "secret_access_key": words(choice, LETTERS + "+/", 40),
                         "region": choice.choice(["eu-central-1", "us-gov-west-1", "cn-north-1"]),
                         "service": choice.choice(["acm", "sts", "rolesanywhere"])}
        self.token = choice.choice([None, words(choice, LETTERS + "+/=", 400)])
        self.signs_body = choice.random() < 0.5

    @staticmethod
    def _path(choice):
        """No "?" and "#", which end it. At its end no dots: botocore drops the slash before them, RFC 3986 (5.2.4) does
        not."""
        parts = [choice.choice(["", ".", "..", words(choice, TEXT)]) for _ in range(choice.randint(0, 5))]
        return "/" + "/".join([*parts, choice.choice(["", words(choice, LETTERS[:8])])])

    @staticmethod
    def _value(choice):
        """What a header may hold, with white space in it and around it."""
        spaces = ["", " ", "  ", " \t "]
        parts = [choice.choice(spaces) + words(choice, LETTERS + ',;="/') for _ in range(choice.randint(1, 4))]
        return "".join(parts) + choice.choice(spaces)

    def raw(self):
        """The request as it goes over the wire; its path is encoded by who signs it."""
        query = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in self.query)
        target = self.path + (f"?{query}" if query else "")
        lines = [f"{self.method} {target} HTTP/1.1", f"Host:{self.host}"]
        lines += [f"{name}:{value}" for name, value in self.headers.items()]
        return "\n".join([*lines, "", ""]).encode() + self.body

    def ours(self):
        settings = {**self.settings, "timestamp": self.time.strftime("%Y-%m-%dT%H:%M:%SZ"), "normalize": 1}
        if self.token:
            settings["token"] = self.token
        if self.signs_body:
            settings["sign_body"] = 1
        return sign(self.raw(), **settings)

    def botocores(self):
        """Canonical request and value of Authorization."""
        headers = dict(self.headers)
        if self.signs_body:
            headers["X-Amz-Content-SHA256"] = hashlib.sha256(self.body).hexdigest()
        request = AWSRequest(self.method, f"https://{self.host}{self.path}", headers, self.body, params=self.query)
        keys = Credentials(self.settings["access_key_id"], self.settings["secret_access_key"], self.token)
        signer = SigV4Auth(keys, self.settings["service"], self.settings["region"])
        with mock.patch("botocore.auth.get_current_datetime", return_value=self.time):
            signer.add_auth(request)
        authorization = request.headers["Authorization"]
        del request.headers["Authorization"]  # not there when it was signed
        return signer.canonical_request(request), authorization


@pytest.mark.parametrize("number", range(COUNT))
def test_a_request_made_at_random_is_signed_as_botocore_signs_it(number):
    made = Made(number)

    ours = made.ours()

    canonical_request, authorization = made.botocores()
    assert ours.canonical_request.decode() == canonical_request
    assert ours.authorization.decode() == authorization
