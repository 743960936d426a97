import datetime as dt
import re
import uuid
from functools import cache

from django import template
from django.http import QueryDict
from django.template.base import Node, Parser, Token, token_kwargs
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core import display, drawing
from core.once import FIELD

register = template.Library()

for show in (
    display.number,
    display.percent,
    display.money,
    display.money_monthly,
    display.day,
    display.short_day,
    display.full_day,
    display.month,
    display.clock,
    display.clock_seconds,
    display.moment,
    display.ago,
    display.age,
    display.months_old,
    display.duration,
    display.file_size,
):
    register.filter(show.__name__, show)


@register.filter
def initial(name: str) -> str:
    """The letter of an avatar: a Chinese family name or the first letter."""
    return str(name).strip()[:1].upper()


@register.simple_tag(name="time")
def time_tag(value: dt.datetime | dt.date | None, how: str = "moment") -> SafeString:
    """{% time entry.happened_at "clock" %}: a <time> a machine can read."""
    if value is None:
        return SafeString(display.NOTHING)
    return format_html(
        '<time datetime="{}">{}</time>', value.isoformat(), getattr(display, how)(value)
    )


@register.simple_tag
def once() -> SafeString:
    """Beside {% csrf_token %} in a form that creates something: sent twice it has one effect (core.once)."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, uuid.uuid4())


@register.simple_tag
def icon(name: str, size: int = 18) -> SafeString:
    return drawing.icon(str(name), size)


@register.simple_tag
def face(name: str, size: int = 48) -> SafeString:
    return drawing.face(str(name), size)


@register.simple_tag
def spark(values, width: int = 46, height: int = 26) -> SafeString:
    return drawing.spark([float(value) for value in values], width, height)


@register.simple_tag
def bar(value, label: str = "", tone: str = "") -> SafeString:
    return drawing.bar(value, label, tone)


@register.simple_tag
def ring(value, size: int = 44, width: int = 5, tone: str = "") -> SafeString:
    return drawing.ring(value, size, width, tone)


@register.simple_tag
def page_numbers(page) -> list[int]:
    """First, last and the neighbours of a page; 0 stands for a gap."""
    last = page.paginator.num_pages
    near = {1, last, *range(max(1, page.number - 1), min(last, page.number + 1) + 1)}
    numbers, before = [], 0
    for number in sorted(near):
        if number - before == 2:
            numbers.append(number - 1)
        elif number - before > 2:
            numbers.append(0)
        numbers.append(number)
        before = number
    return numbers


def _changed(query, **values) -> str:
    query = QueryDict(mutable=True) if query == "" else query.copy()
    for key, value in values.items():
        query[key] = value
    return f"?{query.urlencode()}"


@register.simple_tag
def page_url(query, number: int) -> str:
    return _changed(query, page=number)


@register.simple_tag
def sort_url(query, key: str, sort: str) -> str:
    return _changed(query, sort=f"-{key}" if sort == key else key)


WORDS = {
    "undo": _("Undo"),
    "close": _("Close"),
    "failed": _("That did not work. Please try again."),
    "no_answer": _("No answer from the server. Check the network and try again."),
    "not_allowed": _("You may not do this."),
    "not_there": _("This is no longer there. Please reload the page."),
    "busy": _("Too many requests. Please wait a moment and try again."),
    "signed_out": _("Please sign in again."),
    "live_open": _("Live"),
    "live_connecting": _("Connecting"),
    "live_closed": _("Not live, reconnecting"),
    "password_show": _("Show password"),
    "password_hide": _("Hide password"),
    "sending": _("Sending"),
    "still_you": _("Are you still {name}?"),
    "still_me": _("Yes, it is me"),
    "still_offline": _("There is no network. Somebody else can sign in when it is back."),
    "passkey_stopped": _("Nothing was signed. Please try again."),
    "passkey_known": _("This one is added already."),
}


@register.simple_tag
def words() -> SafeString:
    """The sentences our browser modules say, for js/words.js."""
    return json_script({key: str(text) for key, text in WORDS.items()}, "words")


@register.simple_tag(takes_context=True)
def repeat(context, name: str) -> str:
    """The text of a block once more: the page title as the heading."""
    blocks = context.render_context[BLOCK_CONTEXT_KEY]
    with context.push():
        return SafeString(blocks.get_block(name).nodelist.render(context).strip())


PROPS = re.compile(r"\{# props:(?P<props>.*?)#\}", re.DOTALL)
SLOTS = re.compile(r"\{# slots:(?P<slots>.*?)#\}", re.DOTALL)
PROP = re.compile(r'(?P<name>\w+)(?P<optional>="(?P<default>[^"]*)")?')
OPEN_SLOTS = "ui_open_slots"


@cache
def _declared(source: str) -> tuple[frozenset[str], dict[str, str], frozenset[str]]:
    """(required props, defaults of the others, slots) as the head of a component says them."""
    props, slots = PROPS.search(source), SLOTS.search(source)
    required, defaults = set(), {}
    for prop in PROP.finditer(props["props"] if props else ""):
        if prop["optional"]:
            defaults[prop["name"]] = prop["default"]
        else:
            required.add(prop["name"])
    return (
        frozenset(required),
        defaults,
        frozenset(slots["slots"].split()) if slots else frozenset(),
    )


def _render(context, name: str, props: dict, slots: dict) -> str:
    component = context.template.engine.get_template(f"ui/{name}.html")
    required, defaults, known_slots = _declared(component.source)
    wrong = (required - props.keys()) | (props.keys() - required - defaults.keys())
    wrong |= slots.keys() - known_slots - {"content"}
    if wrong:
        raise template.TemplateSyntaxError(
            f"ui/{name}.html: missing or unknown {', '.join(sorted(wrong))}"
        )
    values = defaults | dict.fromkeys(known_slots, "") | {"content": ""} | props | slots
    return SafeString(component.render(context.new(values)).strip())


class ComponentNode(Node):
    def __init__(self, name, props, nodelist=None):
        self.name, self.props = name, props
        if nodelist is not None:
            self.nodelist = nodelist

    def render(self, context) -> str:
        slots: dict[str, str] = {}
        if hasattr(self, "nodelist"):
            stack = context.render_context.setdefault(OPEN_SLOTS, [])
            stack.append(slots)
            slots["content"] = self.nodelist.render(context)
            stack.pop()
        props = {key: value.resolve(context) for key, value in self.props.items()}
        return _render(context, self.name.resolve(context), props, slots)


class SlotNode(Node):
    def __init__(self, name: str, nodelist):
        self.name, self.nodelist = name, nodelist

    def render(self, context) -> str:
        context.render_context[OPEN_SLOTS][-1][self.name] = self.nodelist.render(context)
        return ""


def _name_and_props(parser: Parser, token: Token):
    tag, *bits = token.split_contents()
    if not bits:
        raise template.TemplateSyntaxError(f"{tag} needs the name of a component")
    props = token_kwargs(bits[1:], parser)
    if len(props) != len(bits) - 1:
        raise template.TemplateSyntaxError(f"{tag} takes its props as name=value")
    return parser.compile_filter(bits[0]), props


@register.tag
def ui(parser, token):
    """{% ui "kpi" label=... value=... %}: a component without a body."""
    return ComponentNode(*_name_and_props(parser, token))


@register.tag
def component(parser, token):
    """{% component "card" title=... %}{% slot actions %}...{% endslot %}body{% endcomponent %}

    The component sees its declared props, its slots and `content`, and nothing else of the page.
    """
    name, props = _name_and_props(parser, token)
    nodelist = parser.parse(("endcomponent",))
    parser.delete_first_token()
    return ComponentNode(name, props, nodelist)


@register.tag
def slot(parser, token):
    name = token.split_contents()[1].strip("\"'")
    nodelist = parser.parse(("endslot",))
    parser.delete_first_token()
    return SlotNode(name, nodelist)
