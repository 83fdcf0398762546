"""Turns real data sets into contract events and sends them, the same ids every time.

One engine; what differs between data sets is a mapping file each. Read in the order of the data: `rows` (text), `lines`
(typed values), `gathering` (which lines wait for others), `build` (events), `engine` (to Kafka). This module imports
nothing, so that the command line's help can list the data sets without loading Kafka's client.
"""
