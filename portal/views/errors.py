from django.shortcuts import render


def csrf_failed(request, reason=""):
    return render(request, "errors/csrf.html", status=403)
