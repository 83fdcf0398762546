-- gold.daily_traffic_sources: channels looked up one by one, per session, visitor and order.
WITH touches AS (
  SELECT visitor_id, epoch_us(timestamp) AS micros, epoch_us(timestamp)::VARCHAR.lpad(20, '0') || event_id AS place,
         event_id, channel
  FROM silver_page_views WHERE channel IS NOT NULL AND is_bot IS NOT TRUE
),
session_channels AS (
  SELECT s.session_key, s.first_day AS day, is_engaged, is_converted,
         coalesce((SELECT arg_min(channel, place) FROM session_events e JOIN touches t USING (event_id)
                   WHERE e.session_key = s.session_key), 'direct') AS channel
  FROM sessions AS s
),
by_session AS (
  SELECT day, channel, count(*) AS sessions, count(*) FILTER (is_engaged) AS engaged,
         count(*) FILTER (is_converted) AS converted
  FROM session_channels GROUP BY ALL
),
visitor_channels AS (
  SELECT v.day, v.visitor_id,
         coalesce((SELECT arg_min(channel, place) FROM touches t
                   WHERE t.visitor_id = v.visitor_id AND make_timestamp(t.micros)::DATE = v.day), 'direct') AS channel
  FROM (SELECT DISTINCT day, visitor_id FROM events) AS v
),
by_visitor AS (SELECT day, channel, count(*) AS visitors FROM visitor_channels GROUP BY ALL),
order_days AS (
  SELECT order_id, currency, day, sum(total_amount) AS gross, min(epoch_us(timestamp)) AS micros,
         arg_min(visitor_id, epoch_us(timestamp)::VARCHAR || event_id) AS visitor_id
  FROM purchases WHERE event_type = 'purchase' GROUP BY ALL
),
paid AS (SELECT * FROM order_days WHERE gross > 0),
owed AS (
  SELECT o.*, (order_id, currency, day) IN (SELECT (order_id, currency, day) FROM paid)
          AND (order_id, currency, day - 1) NOT IN (SELECT (order_id, currency, day) FROM paid) AS is_order,
         coalesce((SELECT arg_max(channel, place) FROM touches t WHERE t.visitor_id = o.visitor_id
                   AND channel <> 'direct' AND o.micros - t.micros BETWEEN 0 AND 30 * 86400 * 1000000::BIGINT), 'direct') AS last,
         coalesce((SELECT arg_min(channel, place) FROM touches t WHERE t.visitor_id = o.visitor_id
                   AND o.micros - t.micros BETWEEN 0 AND 30 * 86400 * 1000000::BIGINT), 'direct') AS first
  FROM order_days AS o
),
by_last AS (
  SELECT day, last AS channel, count(*) FILTER (is_order AND currency = getvariable('base')) AS orders,
         coalesce(sum(gross) FILTER (currency = getvariable('base')), 0) AS revenue FROM owed GROUP BY ALL),
by_first AS (
  SELECT day, first AS channel, count(*) FILTER (is_order AND currency = getvariable('base')) AS orders,
         coalesce(sum(gross) FILTER (currency = getvariable('base')), 0) AS revenue FROM owed GROUP BY ALL),
keys AS (
  SELECT day, channel FROM by_session UNION SELECT day, channel FROM by_visitor
  UNION SELECT day, channel FROM by_last UNION SELECT day, channel FROM by_first
)
SELECT day AS partition_date, channel, coalesce(sessions, 0) AS sessions, coalesce(engaged, 0) AS engaged_sessions,
  coalesce(converted, 0) AS converted_sessions, half_up(converted, sessions, 6) AS "session_conversion_rate*6",
  coalesce(visitors, 0) AS visitors, coalesce(l.orders, 0) AS orders,
  coalesce(l.revenue, 0)::DECIMAL(28, 4) AS revenue,
  half_up((l.revenue * 10000)::HUGEINT, l.orders, 0) AS "avg_order_value*4",
  half_up((coalesce(l.revenue, 0) * 10000)::HUGEINT, sessions, 0) AS "revenue_per_session*4",
  coalesce(f.orders, 0) AS first_touch_orders, coalesce(f.revenue, 0)::DECIMAL(28, 4) AS first_touch_revenue
FROM keys LEFT JOIN by_session USING (day, channel) LEFT JOIN by_visitor USING (day, channel)
LEFT JOIN by_last AS l USING (day, channel) LEFT JOIN by_first AS f USING (day, channel)
WHERE day IN (SELECT day FROM days)
