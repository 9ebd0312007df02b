from django.urls import path

from calls.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("calls/<str:token>/", views.call_delivery, name="call"),
    path("agents/", views.agent_delivery, name="agents"),
    # An address typed into OSVI's dashboard easily loses its last slash, and a redirected POST its body.
    path("calls/<str:token>", views.call_delivery),
    path("agents", views.agent_delivery),
]
