"""The addresses of HyperKitty; its templates link to the other two."""

from django.urls import include, path

urlpatterns = [
    path("hyperkitty/", include("hyperkitty.urls")),
    path("user-profile/", include("django_mailman3.urls")),
    path("accounts/", include("allauth.urls")),
]
