"""AWS Signature Version 4, made by botocore, with the account and region that AWS's own settings name."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from gbakg.errors import BadParameter

SERVICE = "neptune-db"
"""https://docs.aws.amazon.com/neptune/latest/userguide/iam-auth-connecting-python.html."""


class Signature(AuthBase):
    """Signs each request, its body included, so that the body has to be bytes.

    Raises BadParameter if botocore is not installed, or AWS's settings name no account or no region.
    """

    def __init__(self) -> None:
        try:
            from botocore.session import Session
        except ImportError:
            raise BadParameter(
                "endpoint", "botocore, which signs requests", "nothing", "pip install 'gbakg[neptune]'"
            ) from None
        session = Session()
        self._account = session.get_credentials()
        self._region = session.get_config_variable("region")
        if self._account is None or not self._region:
            missing = "region" if self._account is not None else "account"
            advice = "set AWS_REGION" if missing == "region" else "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret"
            raise BadParameter("endpoint", f"an AWS {missing} to sign with", "none", advice)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the signature to a request."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        url = request.url or ""
        # What requests adds beside these, such as User-Agent, a proxy may change.
        headers = {name: value for name, value in request.headers.items() if name.lower() == "content-type"}
        plain = AWSRequest(request.method, url, data=request.body or b"", headers=headers)
        plain.headers["Host"] = urlsplit(url).netloc
        SigV4Auth(self._account.get_frozen_credentials(), SERVICE, self._region).add_auth(plain)
        request.headers.update({name: value for name, value in plain.headers.items() if name.lower() != "host"})
        return request
