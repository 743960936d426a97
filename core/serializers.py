from rest_framework import serializers


class ErrorSerializer(serializers.Serializer):
    """The body of every refusal, made by core.api.explain."""

    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField()  # type: ignore[assignment]
