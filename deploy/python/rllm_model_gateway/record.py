"""The base of all models: a dataclass that can be used like a pydantic model, without pydantic."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar

R = TypeVar("R", bound="Record")


@dataclass(kw_only=True)
class Record:
    """Fields by attribute or by key; fields it does not know are kept aside in ``model_extra``."""

    model_extra: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def model_validate(cls: type[R], value: Mapping[str, Any] | R) -> R:
        """Makes a record of a JSON object. A field that is null and has a default gets its default.

        Raises ValueError naming the fields that are missing, TypeError for what is no object.
        """
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise TypeError(f"{cls.__name__} is made of a JSON object, not of {value!r:.80}")
        known = {one.name: one for one in _known(cls)}
        missing = [
            name for name, one in known.items() if _required(one) and value.get(name) is None
        ]
        if missing:
            raise ValueError(f"{cls.__name__} lacks {', '.join(missing)}")
        given = {name: value[name] for name in known if value.get(name) is not None}
        extra = {name: inner for name, inner in value.items() if name not in known}
        return cls(**given, model_extra=extra)

    @classmethod
    def model_validate_json(cls: type[R], text: str | bytes) -> R:
        """:meth:`model_validate` of JSON text."""
        return cls.model_validate(json.loads(text))

    def model_dump(
        self,
        *,
        include: Iterable[str] | None = None,
        exclude: Iterable[str] | None = None,
        exclude_none: bool = False,
        **_options: Any,
    ) -> dict[str, Any]:
        """All fields as plain values, also those kept aside; :meth:`model_validate` reads them.

        Options of pydantic that change nothing here, such as ``mode``, are accepted.
        """
        wanted = None if include is None else set(include)
        unwanted = set(exclude or ())
        return {
            name: _plain(value)
            for name, value in self._items()
            if (wanted is None or name in wanted)
            and name not in unwanted
            and not (exclude_none and value is None)
        }

    def model_dump_json(self, *, indent: int | None = None, **options: Any) -> str:
        """:meth:`model_dump` as JSON text."""
        return json.dumps(self.model_dump(**options), indent=indent)

    def model_copy(self: R, *, update: Mapping[str, Any] | None = None) -> R:
        """A shallow copy with some fields replaced."""
        values = {**dict(self._items()), **(update or {})}
        known = {one.name: values.pop(one.name) for one in _known(type(self))}
        return type(self)(**known, model_extra=values)

    def get(self, name: str, default: Any = None) -> Any:
        """The field of this name, or ``default`` when there is none."""
        return dict(self._items()).get(name, default)

    def __getitem__(self, name: str) -> Any:
        return dict(self._items())[name]

    def __contains__(self, name: object) -> bool:
        return any(name == known for known, _ in self._items())

    def __getattr__(self, name: str) -> Any:
        # Only asked for what is no field. Copying asks before there is a dictionary to look into.
        try:
            return self.__dict__["model_extra"][name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no field {name!r}") from None

    def _items(self) -> Iterator[tuple[str, Any]]:
        for one in _known(type(self)):
            yield one.name, getattr(self, one.name)
        yield from self.model_extra.items()


def _known(cls: type[Record]) -> list[Field[Any]]:
    return [one for one in fields(cls) if one.name != "model_extra"]


def _required(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.model_dump()
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return value
