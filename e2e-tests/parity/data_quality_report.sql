-- By the day of arrival. `rule_names` and `known_fields` are the contracts'.
WITH topics(topic, home) AS (VALUES
  ('page-views', 'silver.page_views'), ('cart-events', 'silver.cart_events'), ('purchases', 'silver.purchases'),
  ('user-sessions', 'silver.user_sessions'), ('product-updates', 'silver.product_updates')),
types(event_type, home) AS (VALUES
  ('page_view', 'silver.page_views'), ('add_to_cart', 'silver.cart_events'), ('remove_from_cart', 'silver.cart_events'),
  ('begin_checkout', 'silver.cart_events'), ('purchase', 'silver.purchases'), ('refund', 'silver.purchases'),
  ('user_session', 'silver.user_sessions'), ('product_update', 'silver.product_updates')),
bronze AS (
  SELECT make_timestamp(epoch_us(processing_time))::DATE AS day, coalesce(p.home, t.home, 'unknown') AS home, raw_data
  FROM bronze_raw_events AS b LEFT JOIN topics AS p USING (topic) LEFT JOIN types AS t USING (event_type)),
kept AS (
  SELECT 'silver.page_views' AS home, ingested_at, quality_flags, lateness_seconds FROM silver_page_views UNION ALL
  SELECT 'silver.cart_events', ingested_at, quality_flags, lateness_seconds FROM silver_cart_events UNION ALL
  SELECT 'silver.purchases', ingested_at, quality_flags, lateness_seconds FROM silver_purchases UNION ALL
  SELECT 'silver.user_sessions', ingested_at, quality_flags, lateness_seconds FROM silver_user_sessions UNION ALL
  SELECT 'silver.product_updates', ingested_at, quality_flags, lateness_seconds FROM silver_product_updates),
newest AS (
  SELECT topic, epoch, partition, "offset", arg_max(outcome, ("at", run_id)) AS outcome
  FROM silver_quarantine_outcomes GROUP BY ALL),
bad AS (
  SELECT make_timestamp(epoch_us(ingested_at))::DATE AS day, coalesce(p.home, t.home, 'unknown') AS home,
         outcome IS NOT DISTINCT FROM 'replayed' AS restored, list_distinct([e.rule FOR e IN errors]) AS names
  FROM silver_quarantine AS q LEFT JOIN topics AS p USING (topic) LEFT JOIN types AS t USING (event_type)
  LEFT JOIN newest USING (topic, epoch, partition, "offset")),
judged AS (
  SELECT day, home, true AS kept, quality_flags AS names, lateness_seconds AS late
  FROM (SELECT make_timestamp(epoch_us(ingested_at))::DATE AS day, * FROM kept)
  UNION ALL
  SELECT day, home, false, names, NULL FROM bad WHERE NOT restored),
copies AS (
  SELECT make_timestamp(epoch_us(coalesce(ingested_at, seen_at)))::DATE AS day, "table" AS home FROM ops_duplicates),
named AS (SELECT day, home, unnest(names) AS rule FROM judged),
failures AS (
  SELECT day, home, list({'rule': rule, 'dimension': dimension, 'action': action, 'events': n} ORDER BY rule) AS found
  FROM (SELECT day, home, rule, count(*) AS n FROM named GROUP BY ALL) JOIN rule_names USING (rule) GROUP BY ALL),
marked AS (
  SELECT *, [d.dimension FOR d IN (SELECT list(r) FROM rule_names AS r WHERE list_contains(names, r.rule))] AS dims,
         coalesce(late >= 3600, false) AS is_late
  FROM judged),
said AS (
  FROM repeated('silver.page_views', 'silver_page_views') UNION ALL
  FROM repeated('silver.cart_events', 'silver_cart_events') UNION ALL
  FROM repeated('silver.purchases', 'silver_purchases') UNION ALL
  FROM repeated('silver.user_sessions', 'silver_user_sessions') UNION ALL
  FROM repeated('silver.product_updates', 'silver_product_updates')),
foreign_fields AS (
  SELECT day, home, field, count(*) AS n
  FROM (SELECT day, home, unnest(list_distinct(json_keys(raw_data))) AS field FROM bronze
        WHERE json_valid(raw_data) AND json_type(raw_data) = 'OBJECT')
  WHERE home <> 'unknown' AND (home, field) NOT IN (SELECT (k.home, k.field) FROM known_fields AS k)
  GROUP BY ALL),
parts AS (
  SELECT day, home, count(*) AS bronze FROM bronze GROUP BY ALL),
counted AS (
  SELECT day, home, count(*) AS judged, count(*) FILTER (kept) AS silver, count(*) FILTER (NOT kept) AS waiting,
         count(*) FILTER (is_late) AS late,
         count(*) FILTER (list_contains(dims, 'completeness')) AS bad_completeness,
         count(*) FILTER (list_contains(dims, 'validity')) AS bad_validity,
         count(*) FILTER (list_contains(dims, 'consistency')) AS bad_consistency,
         count(*) FILTER (list_contains(dims, 'timeliness') OR is_late) AS bad_timeliness,
         count(*) FILTER (list_contains(dims, 'uniqueness')) AS bad_uniqueness,
         quantile_disc(late, 0.5) AS p50, quantile_disc(late, 0.95) AS p95, quantile_disc(late, 0.99) AS p99
  FROM marked GROUP BY ALL),
whole AS (
  SELECT k.day, k.home, coalesce(bronze, 0) AS bronze, coalesce(judged, 0) AS judged, coalesce(silver, 0) AS silver,
         coalesce(waiting, 0) AS waiting, coalesce(late, 0) AS late, coalesce(copied, 0) AS copied,
         coalesce(restored, 0) AS restored, coalesce(found, []) AS found, p50, p95, p99,
         bad_completeness, bad_validity, bad_consistency, bad_timeliness, coalesce(bad_uniqueness, 0) AS bad_uniqueness
  FROM (SELECT day, home FROM bronze UNION SELECT day, home FROM judged UNION SELECT day, home FROM copies
        UNION SELECT day, home FROM bad) AS k
  LEFT JOIN parts USING (day, home) LEFT JOIN counted USING (day, home)
  LEFT JOIN (SELECT day, home, count(*) AS copied FROM copies GROUP BY ALL) USING (day, home)
  LEFT JOIN (SELECT day, home, count(*) AS restored FROM bad WHERE restored GROUP BY ALL) USING (day, home)
  LEFT JOIN failures USING (day, home)),
totals AS (
  SELECT *, sum(bronze) OVER (PARTITION BY day) AS came, sum(judged + copied) OVER (PARTITION BY day) AS told FROM whole),
shares AS (
  SELECT *, half_up(judged - bad_completeness, judged, 6) AS completeness, half_up(judged - bad_validity, judged, 6) AS validity,
         half_up(judged - bad_consistency, judged, 6) AS consistency, half_up(judged - bad_timeliness, judged, 6) AS timeliness,
         half_up(judged - bad_uniqueness, judged + copied, 6) AS uniqueness,
         half_up(least(came, told), greatest(came, told), 6) AS accuracy
  FROM totals),
scored AS (
  SELECT *,
    list_sort([f.rule FOR f IN found IF f.action = 'quarantine' AND f.events * 100 > judged * 5]
      || CASE WHEN came <> told THEN ['accounted'] ELSE [] END) AS critical,
    ((20 * coalesce(completeness, 1000000) + 20 * coalesce(validity, 1000000) + 15 * coalesce(consistency, 1000000)
      + 10 * coalesce(timeliness, 1000000) + 15 * coalesce(uniqueness, 1000000) + 20 * accuracy)::BIGINT + 5000) // 10000 AS mean
  FROM shares),
final AS (SELECT *, CASE WHEN len(critical) > 0 THEN least(mean, 5000) ELSE mean END AS score FROM scored),
changes AS (
  SELECT f.day, f.home, f.score * count(*) - sum(o.score) AS excess, count(*) AS n
  FROM final AS f JOIN final AS o ON o.home = f.home AND o.day < f.day AND o.day >= f.day - 7
  GROUP BY f.day, f.home, f.score)
SELECT day AS partition_date, home AS table_name, bronze AS rows_bronze, silver AS rows_silver,
       waiting + restored AS rows_quarantined, restored AS rows_restored, copied AS rows_duplicate, late AS rows_late,
       coalesce(repeated, 0) AS suspected_duplicates, half_up(waiting, judged, 6) AS "quarantined_rate*6",
       completeness AS "completeness*6", validity AS "validity*6", consistency AS "consistency*6",
       timeliness AS "timeliness*6", uniqueness AS "uniqueness*6", accuracy AS "accuracy*6",
       found AS rule_failures, critical AS critical_rules, score AS "quality_score*2",
       (sign(excess) * ((2 * abs(excess) + n) // (2 * n)))::DECIMAL(38, 0) AS "score_change*2",
       shortened(p50) AS lateness_p50_seconds, shortened(p95) AS lateness_p95_seconds,
       shortened(p99) AS lateness_p99_seconds,
       coalesce((SELECT list({'field': field, 'events': n} ORDER BY n DESC, field) FROM foreign_fields AS f
                 WHERE f.day = x.day AND f.home = x.home), []) AS schema_drift
FROM final AS x LEFT JOIN said USING (day, home) LEFT JOIN changes USING (day, home)
