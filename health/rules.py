from core.scoping import Actor


def sees_children(actor: Actor) -> bool:
    """Nursery staff and a granted clinic see children; whoever watches a region sees figures."""
    return actor.institution_id is not None or bool(actor.institution_ids)
