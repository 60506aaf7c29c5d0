"""What must be forgotten in time."""

from __future__ import annotations

from serving.db import posts
from serving.desk import audit
from serving.desk.checking import typed
from serving.desk.context import Context


def forget_links(ctx: Context) -> int:
    """Remove the sealed address of every post whose ``link_until`` has come; give how many were removed."""
    n = posts.forget_links(ctx.session, ctx.now)
    if n:
        audit.append(ctx, "post.forget_links", "post", n=n)
    return n


def forget(ctx: Context) -> int:
    """Forget everything whose time has come; give how many things."""
    return forget_links(ctx) + typed.forget_old(ctx)
