from collections.abc import Callable

from django.forms import Form

from core.errors import Refused


def submit(form: Form, service: Callable, /, **known) -> bool:
    """Call the service with what the form holds; what it refuses becomes an error of the form. Not there stays 404."""
    if not form.is_valid():
        return False
    try:
        service(**known, **form.cleaned_data)
    except Refused as refused:
        if refused.status == 404:
            raise
        for name, message in (refused.fields or {None: refused.message}).items():
            form.add_error(name if name in form.fields else None, message)
        return False
    return True
