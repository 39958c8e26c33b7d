"""What a process knows of the hits of others."""

from dataclasses import dataclass

from hello.services.security import Limiter
from tests.support.valkey_faults import until


@dataclass
class HitsOfOthers:
    """Looking counts a hit of its own, `own` in all."""

    limiter: Limiter
    group: str
    key: str
    own: int = 0

    def __call__(self) -> int:
        self.own += 1
        status = self.limiter.hit_nowait(self.group, self.key)
        assert status
        return status.quota - status.remaining - self.own

    async def until(self, hits: int) -> None:
        async def are_known() -> bool:
            return self() == hits

        await until(are_known)
