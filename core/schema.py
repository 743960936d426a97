from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from core import once
from core.viewsets import WRITES, Once

KEY = OpenApiParameter(
    once.HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description=(
        "Made by the client, 1 to 64 printable ASCII characters. The same request again under the same key has no second "
        "effect and gets the same answer; another request under it is refused with 422 `key_reused`."
    ),
)


class Schema(AutoSchema):
    def get_override_parameters(self) -> list:
        parameters = super().get_override_parameters()
        takes_key = isinstance(self.view, Once) and self.view.takes_key
        return [*parameters, KEY] if takes_key and self.method in WRITES else parameters
