import datetime as dt


class DayConverter:
    """A local day in an address, as <day:day>: 2026-11-23. What is no day is no page."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> dt.date:
        return dt.date.fromisoformat(value)

    def to_url(self, value: dt.date) -> str:
        return value.isoformat()
