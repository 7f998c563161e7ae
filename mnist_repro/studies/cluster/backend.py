"""How joblib gives a cluster its work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from distributed import Client, Future
from joblib._dask import DaskDistributedBackend


class ClusterBackend(DaskDistributedBackend):  # type: ignore[misc] # joblib publishes no types
    """joblib's backend for Dask, in which whatever ends a call ends the study.

    joblib's own waits forever for a call whose workers died or that Dask cancelled, and where a cluster has a single
    worker, it makes all calls in this process.

    Parameters
    ----------
    client
        Connected to the cluster.
    """

    def __init__(self, client: Client) -> None:
        super().__init__(client=client)
        self._futures: set[Future] = set()

    def effective_n_jobs(self, n_jobs: int) -> int:
        """Return how many calls there are at once: more than one, which joblib would make here."""
        workers: int = super().effective_n_jobs(n_jobs)
        return max(2, workers)

    def start_call(self) -> None:
        """Do nothing: joblib would begin to ask for answers, a hundred times a second."""

    def stop_call(self) -> None:
        """Do nothing."""

    def submit(self, func: Any, callback: Callable[[Future], None] | None = None) -> Future:
        """Send calls to the cluster; `callback` is told when they ended, in whatever way."""

        def tell(future: Future) -> None:
            self._futures.discard(future)
            if callback:
                callback(future)

        # As an argument, earlier versions of Dask would take the calls for their own.
        future = self.client.submit(partial(_make_calls, func.items), pure=False)
        self._futures.add(future)
        future.add_done_callback(tell)
        return future

    def retrieve_result_callback(self, out: Future) -> Any:
        """Return what calls gave, or raise what ended them."""
        return out.result()

    def give_up(self) -> None:
        """Cancel all calls that have not ended."""
        self.client.cancel(list(self._futures), force=True)


def _make_calls(calls: Sequence[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]]) -> list[Any]:
    return [function(*arguments, **options) for function, arguments, options in calls]
