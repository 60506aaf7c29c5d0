"""Rows and the questions asked of them: the only package that imports SQLAlchemy."""

from serving.db.engine import Database, Session

__all__ = ["Database", "Session"]
