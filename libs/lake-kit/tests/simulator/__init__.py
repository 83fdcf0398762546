"""A model of broker, tables and everything that goes wrong, driving the real stages with a seed that decides it all.

Modelled: two topics with partitions, transaction markers, copies of events, retention that takes unread heads, topics
deleted and made anew, partitions added; bronze by one or two writer groups that share its table, silver with its seven
tables and two ledgers; boxes, replays, backfills under rules that change, resolutions; compaction, expiry behind tags,
rollback; at any port call a crash, no answer, a reply lost with its effect done, not done or done later, or another
driver of the stage taking a whole turn; clocks that jump; announcements that are lost.

Real: everything in `shoplake_lake_kit` that plans, audits, stamps, publishes, resolves, revises and accounts.

Not modelled: a topic made anew, or retention, between a stage's look at the source and its read (Kafka's reader fails
there, the model's does for retention); a broker that loses its end; another cluster; a rollback of the lead, of what
the broker has forgotten, or while a publish of a live process is under way (the runbook stops the stage first);
expiry of silver's history back to a replay (accounting needs the newest box); gold, and the files below the tables.

A run (`world`) draws some turns, then the faults stop, everything drains, a last backfill and replay put each event
where today's rules want it, and `invariants` compares the tables with the broker's own logs, address by address. The
equation is checked after every turn.

One seed, or the seeds of a range, from `libs/lake-kit/tests`::

    python -m simulator 4711
    python -m simulator 0 10000
"""
