# SPDX-License-Identifier: Apache-2.0
"""check_prometheus.py PROGRAM: reads what the program prints with Prometheus' own library."""
import math
import subprocess
import sys

from prometheus_client.parser import text_string_to_metric_families


def main() -> None:
    text = subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout
    families = {family.name: family for family in text_string_to_metric_families(text)}

    def samples(name: str) -> list:
        family = families[name]
        assert family.documentation, name
        return family.samples

    kinds = {family.type for family in families.values()}
    assert kinds == {"counter", "gauge", "histogram"}, kinds
    published = samples("nexus_client_published")
    assert [sample.value for sample in published] == [5.0], published
    assert published[0].labels["service"] == "observed", published
    assert [sample.value for sample in samples("nexus_client_connected")] == [1.0]
    handled = samples("nexus_channel_handled")
    assert [(sample.labels["channel"], sample.value) for sample in handled] == [("bookingCreated", 5.0)]
    for span in ("publish", "handle"):
        rows = samples(f"nexus_channel_{span}_seconds")
        buckets = [row for row in rows if row.name.endswith("_bucket")]
        bounds = [float(row.labels["le"]) for row in buckets]
        counts = [row.value for row in buckets]
        assert bounds == sorted(bounds) and math.isinf(bounds[-1]), bounds
        assert counts == sorted(counts) and counts[-1] == 5.0, counts
        assert [row.value for row in rows if row.name.endswith("_count")] == [5.0], rows
        assert len([row for row in rows if row.name.endswith("_sum")]) == 1, rows
    print(f"{len(families)} families")


main()
