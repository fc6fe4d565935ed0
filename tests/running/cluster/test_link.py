"""`ClusterLink`: the parts that do not depend on a cluster."""

from __future__ import annotations

from cluster_here import LinkHere

from srbench_lite import SrbenchError, UsageError
from srbench_lite.running.cluster.link import ChunkEnded, ClusterError, ClusterLink


def test_a_lost_cluster_is_no_wrong_usage():
    assert issubclass(ClusterError, SrbenchError)
    assert not issubclass(ClusterError, UsageError)


def test_the_cluster_of_tests_is_one():
    link: ClusterLink = LinkHere()
    assert link.workers() == set()


def test_an_order_that_was_lost_has_no_reply_and_failed_nowhere():
    assert ChunkEnded(number=1, reply=None).failed == ""
