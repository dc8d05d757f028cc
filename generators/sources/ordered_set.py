"""A set that keeps insertion order, so that iteration does not depend on hashes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSet
from typing import TypeVar

T = TypeVar("T")


class OrderedSet(MutableSet[T]):
    """Stands in for the built-in `set` where code iterates over it; equal to a set of the same things."""

    def __init__(self, items: Iterable[T] = ()) -> None:
        self._items: dict[T, None] = dict.fromkeys(items)

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"OrderedSet({list(self._items)!r})"

    def add(self, value: T) -> None:
        """Appends a value, unless it is there."""
        self._items[value] = None

    def discard(self, value: T) -> None:
        """Removes a value, if it is there."""
        self._items.pop(value, None)

    def update(self, *others: Iterable[T]) -> None:
        """Adds all values of the others, in their order."""
        for other in others:
            self._items.update(dict.fromkeys(other))

    def copy(self) -> OrderedSet[T]:
        """Another set of the same values in the same order."""
        return OrderedSet(self._items)
