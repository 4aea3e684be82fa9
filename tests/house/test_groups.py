"""What is started once is started on one worker alone."""

import pytest


@pytest.mark.xdist_group("of_one_worker")
def test_a_group_reaches_the_scheduler(request: pytest.FixtureRequest) -> None:
    """pytest 9.2 lost the group on its way, and a demo hospital was started on every worker."""
    if not getattr(request.config.option, "loadgroup", False):
        return  # one process, or workers that take single tests
    assert request.node.nodeid.endswith("@of_one_worker")
