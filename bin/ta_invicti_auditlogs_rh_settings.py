# SPDX-License-Identifier: Apache-2.0
"""REST handler of the tabs Proxy and Logging.

In place of the one that UCC generates, which takes no handler of our own for these two; that the
fields are those of globalConfig.json is tested.
"""

from __future__ import annotations

import import_declare_test  # noqa: F401 - puts the packaged libraries on the path, so it is first
from splunktaucclib.rest_handler import admin_external, util
from splunktaucclib.rest_handler.endpoint import MultipleModel, RestModel, field, validator

from invicti_collector.logs import quieten_libraries
from ta_invicti_auditlogs_handlers import SettingsHandler

PROXY = RestModel(
    [
        field.RestField("proxy_enabled"),
        field.RestField("proxy_type", required=True, default="http"),
        field.RestField("proxy_url", required=True, validator=validator.String(1, 253)),
        field.RestField(
            "proxy_port", required=True, validator=validator.Number(1, 65535, is_int=True)
        ),
        field.RestField("proxy_username", validator=validator.String(0, 255)),
        field.RestField("proxy_password", encrypted=True, validator=validator.String(0, 8192)),
        field.RestField("proxy_rdns"),
    ],
    name="proxy",
)
LOGGING = RestModel([field.RestField("loglevel", required=True, default="INFO")], name="logging")


if __name__ == "__main__":
    quieten_libraries()
    util.remove_http_proxy_env_vars()
    admin_external.handle(
        MultipleModel("ta_invicti_auditlogs_settings", models=[PROXY, LOGGING], need_reload=False),
        handler=SettingsHandler,
    )
