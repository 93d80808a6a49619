# SPDX-License-Identifier: Apache-2.0
"""The order of the site. What stands in docs/ and not here comes last, so that nothing is lost."""

SECTIONS = [
    ("Start", ["README.md", "docs/getting-started.md", "bindings/python/README.md", "docs/nexusctl.md", "docs/faq.md"]),
    ("Guides", ["docs/publishing.md", "docs/consuming.md", "docs/exactly-once.md", "docs/workers.md",
                "docs/spool.md", "docs/outbox.md", "docs/causality.md", "docs/signing.md", "docs/tenancy.md",
                "docs/memory-bus.md", "docs/event-loops.md", "docs/migrating.md", "docs/operating.md",
                "docs/observability.md", "docs/dead-letters.md"]),
    ("Reference", ["docs/events.md", "docs/wire-format.md", "docs/headers.md"]),
    ("What holds", ["docs/threat-model.md", "docs/reliability.md", "docs/performance.md", "docs/abi.md"]),
    ("The project", ["CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"]),
]
