"""Every module with tables, imported so that the metadata is whole."""

from callcenter.kit.db import Base

metadata = Base.metadata
