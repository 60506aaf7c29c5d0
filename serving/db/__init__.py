"""Rows and the questions asked of them: the only package that imports SQLAlchemy."""

from sqlalchemy.exc import IntegrityError, OperationalError

from serving.db.engine import Database, Session, retried

__all__ = ["Database", "IntegrityError", "OperationalError", "Session", "retried"]
