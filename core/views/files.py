from django.http import FileResponse, Http404

from core import attachments
from core.errors import NotThere
from core.http import ActorRequest, any_actor


@any_actor()
def attachment(request: ActorRequest, token: str) -> FileResponse:
    if request.actor is None:
        raise Http404
    file = attachments.opened_by(token, actor=request.actor)
    try:
        content = file.open("rb")
    except FileNotFoundError as error:
        raise NotThere from error
    return FileResponse(
        content,
        content_type="image/jpeg",
        headers={
            "Cache-Control": "private, max-age=300",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        },
    )
