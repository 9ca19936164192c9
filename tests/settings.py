"""The project's settings as the tests run them: a development machine with a data folder of its own."""

import os
import tempfile

os.environ["DEBUG"] = "1"
os.environ.pop("SECRET_KEY", None)
os.environ.pop("HF_TOKEN", None)
os.environ.pop("CELERY_BROKER_URL", None)
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="stemma-tests-")
os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"  # nothing listens: a test that needs a Hub starts a loopback one
os.environ["HUB_PATIENCE_S"] = "0"  # a busy Hub is asked once
os.environ["METER_ENERGY"] = "0"  # the tracker looks at the machine for a second; its own tests switch it on
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_XET"] = "1"

from registry.settings import *  # noqa: E402, F403

DEBUG = False  # as Django's own test runner has it
STATIC_ROOT.mkdir()  # noqa: F405  else every test client warns that nothing was collected
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
