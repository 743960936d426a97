"""What goes over Redis and, unchanged, over the socket: {"topic", "group", "cursor"} and nothing personal."""

import json
from collections.abc import Iterable

CHANNEL_PREFIX = b"live:"
RESYNC = b'{"topic":"resync"}'
PONG = b'{"topic":"pong"}'
ACTOR_CHANGED = "actor"
ACTOR_CHANGED_START = b'{"topic":"actor"'


def publications(
    topic: str, groups: Iterable[str], cursor: str
) -> list[tuple[bytes, bytes, bytes]]:
    before = f'{{"topic":{json.dumps(topic)},"group":"'
    after = f'","cursor":{json.dumps(cursor)}}}'
    return [
        (b"PUBLISH", b"live:" + group.encode(), f"{before}{group}{after}".encode())
        for group in groups
    ]
