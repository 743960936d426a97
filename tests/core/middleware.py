from core.actors import resolve


class SetActor:
    """portal.middleware.ActorMiddleware without memberships."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.actor = resolve(request.user)
        return self.get_response(request)
