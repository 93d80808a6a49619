# SPDX-License-Identifier: Apache-2.0
"""The change that test_change.py makes to the contract, as edits of its text."""

CHANNEL = """\
  boilerInspected:
    address: nexus.{tenant_id}.boiler.inspected.{boiler_id}
    summary: A boiler was inspected.
    parameters:
      tenant_id:
        description: The tenant.
      boiler_id:
        description: The boiler.
    messages:
      boilerInspected:
        payload:
          $ref: "#/components/schemas/BoilerPayload"

  # ---- The build pipeline and the bot
"""

SCHEMAS = """\
    BoilerPayload:
      allOf:
        - $ref: "#/components/schemas/EventEnvelope"
        - properties:
            payload:
              allOf:
                - $ref: "#/components/schemas/Inspection"
                - allOf:
                    - properties:
                        pressure: { type: number, format: double }
                        defects: { type: integer }
                        readings: { type: array, items: { type: integer } }
                        class: { type: string }
                  required: [pressure]

    Inspection:
      type: object
      required: [inspector, report, outcome, notes]
      properties:
        inspector: { type: string, maxLength: 8 }
        report: { type: string, format: uri }
        outcome: { type: string, enum: [fine, repair, "shut-down"] }
        notes: { type: array, items: { type: string } }

    BookingPayload:
      allOf:
        - $ref: "#/components/schemas/EventEnvelope"
        - properties:
            payload:
              required: [booking_id]
              properties:
                booking_id: { type: string }
                duration_min: { type: integer }

    ModuleUpdatePayload:
"""

EDITS = [
    # A channel of its own, among the others.
    ("  # ---- Build pipeline and bot\n", CHANNEL),
    # Its schema, and one for a channel that was open.
    ("    ModuleUpdatePayload:\n", SCHEMAS),
    ('      bookingCreated:\n        $ref: "#/components/messages/BookingEvent"\n',
     '      bookingCreated:\n        payload:\n'
     '          $ref: "#/components/schemas/BookingPayload"\n'),
    # An optional member before the others.
    ("                sensor_id:\n",
     "                battery_pct:\n                  type: number\n                sensor_id:\n"),
    # An enum value between the others.
    ('["healthy", "degraded", "offline"]', '["healthy", "draining", "degraded", "offline"]'),
    # A required member.
    ("                - query\n", "                - query\n                - language\n"),
    ("                query:\n",
     "                language:\n                  type: string\n                query:\n"),
]


def changed(text):
    """The contract's text after the change."""
    for before, after in EDITS:
        if text.count(before) != 1:
            raise ValueError(f"the contract has {text.count(before)} times: {before}")
        text = text.replace(before, after)
    return text
