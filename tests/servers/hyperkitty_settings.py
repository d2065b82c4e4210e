"""Django settings of HyperKitty alone, without a Mailman behind it; FOLDER holds its database, KEY lets mail in."""

import os
from pathlib import Path

FOLDER = Path(os.environ["FOLDER"])
SECRET_KEY = MAILMAN_ARCHIVER_KEY = MAILMAN_REST_API_PASS = os.environ["KEY"]
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "hyperkitty_urls"
SITE_ID = 1
TIME_ZONE = "America/Chicago"  # its dates carry this offset, which a reader must not drop
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = FOLDER / "static"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "mail.db"}}
INSTALLED_APPS = [
    "hyperkitty",
    "django_mailman3",
    "django_gravatar",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "compressor",
    "haystack",
    "django_extensions",
    "django_q",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_mailman3.middleware.TimezoneMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
CONTEXT = [
    "django.template.context_processors.i18n",
    "django.template.context_processors.static",
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "django_mailman3.context_processors.common",
    "hyperkitty.context_processors.common",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": CONTEXT},
    }
]
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
Q_CLUSTER = {"orm": "default", "timeout": 300, "retry": 360}  # its tasks, left undone here, only fill caches
MAILMAN_REST_API_URL = "http://127.0.0.1:9"  # nobody answers there, which HyperKitty takes as "no news of the list"
MAILMAN_REST_API_USER = "nobody"
MAILMAN_ARCHIVER_FROM = ["127.0.0.1"]
FILTER_VHOST = False
