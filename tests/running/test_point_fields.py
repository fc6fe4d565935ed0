"""Points and domains survive their message."""

from __future__ import annotations

import numpy as np

from srbench_lite import Samples, Sampling
from srbench_lite.running.point_fields import described_domain, point_arrays, point_columns, read_domain, read_samples
from srbench_lite.running.wire import Message


def test_points_and_their_domain_survive():
    points = Samples(variables=("x",), x=np.array([[1.0], [2.0]]), y=np.array([3.0, 4.0]), units={"x": "m"})
    domain = {"x": Sampling(low=0.0, high=3.0)}
    message = Message(point_columns(points) | {"domain": described_domain(domain)}, point_arrays("a_", points))
    again = read_samples(("x",), message, "a_")
    assert (again.x.tolist(), again.y.tolist(), dict(again.units)) == ([[1.0], [2.0]], [3.0, 4.0], {"x": "m"})
    assert read_domain(message) == domain
