-- What the other queries share: events with their day, and sessions.
CREATE TEMP TABLE events AS
SELECT make_timestamp(epoch_us(timestamp))::DATE AS day, epoch_us(timestamp) AS micros, event_id, visitor_id,
       nullif(user_id, '') AS user_id, nullif(session_id, '') AS session_id, kind, product_id, is_visit, is_purchase
FROM (
  SELECT timestamp, event_id, visitor_id, user_id, session_id, 'page_view' AS kind,
         CASE WHEN page_type = 'product_detail' THEN product_id END AS product_id, true AS is_visit, false AS is_purchase
  FROM silver_page_views WHERE is_bot IS NOT TRUE
  UNION ALL
  SELECT timestamp, event_id, visitor_id, user_id, session_id, event_type, product_id, true, false
  FROM silver_cart_events
  UNION ALL
  SELECT timestamp, event_id, visitor_id, user_id, session_id, event_type, NULL, event_type = 'purchase',
         event_type = 'purchase' AND total_amount > 0
  FROM silver_purchases
  UNION ALL
  SELECT timestamp, event_id, visitor_id, user_id, session_id, 'session', NULL, session_type <> 'timeout', false
  FROM silver_user_sessions
);
CREATE TEMP TABLE purchases AS
SELECT *, make_timestamp(epoch_us(timestamp))::DATE AS day FROM silver_purchases;
CREATE TEMP TABLE lines AS
SELECT day, order_id, currency, event_type, visitor_id, line.* FROM (
  SELECT day, order_id, currency, event_type, visitor_id, unnest(items) AS line FROM purchases);

-- A visitor's event opens a session unless another one lies in the 30 minutes before it (equal times: the lower id first);
-- an event of a session_id opens one unless that id has events earlier on the day or on the day before.
CREATE TEMP TABLE openings AS
SELECT e.* FROM events AS e WHERE e.is_visit AND e.session_id IS NULL AND NOT EXISTS (
  SELECT 1 FROM events AS b
  WHERE b.is_visit AND b.session_id IS NULL AND b.visitor_id = e.visitor_id
    AND (b.micros, b.event_id) < (e.micros, e.event_id) AND e.micros - b.micros <= 30 * 60 * 1000000::BIGINT)
UNION ALL
SELECT e.* FROM events AS e WHERE e.is_visit AND e.session_id IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM events AS b
  WHERE b.is_visit AND b.session_id = e.session_id
    AND (b.micros, b.event_id) < (e.micros, e.event_id) AND b.day >= e.day - 1);
CREATE TEMP TABLE session_events AS
SELECT o.event_id AS session_key, o.day AS first_day, e.*
FROM events AS e
ASOF JOIN (SELECT *, coalesce('s' || session_id, 'v' || visitor_id) AS thread,
                  micros::VARCHAR.lpad(20, '0') || event_id AS place FROM openings) AS o
  ON coalesce('s' || e.session_id, 'v' || e.visitor_id) = o.thread
 AND e.micros::VARCHAR.lpad(20, '0') || e.event_id >= o.place
WHERE e.is_visit AND e.day <= o.day + 1;
CREATE TEMP TABLE sessions AS
SELECT session_key, first_day, bool_or(is_purchase) AS is_converted,
       max(micros) - min(micros) > 10000000 OR count(*) FILTER (kind = 'page_view') >= 2 OR bool_or(is_purchase)
         AS is_engaged
FROM session_events GROUP BY ALL;
CREATE TEMP TABLE session_users AS
SELECT DISTINCT session_key, user_id FROM session_events WHERE user_id IS NOT NULL;
CREATE TEMP MACRO half_up(part, whole, digits) AS
  CASE WHEN whole > 0 THEN
    ((2 * part::HUGEINT * (10 ** digits)::BIGINT + whole) // (2 * whole::HUGEINT))::DECIMAL(38, 0) END;

-- The first three digits of a number of seconds, and zeros.
CREATE TEMP MACRO shortened(seconds) AS
  seconds - seconds % (10 ** greatest(length(seconds::VARCHAR) - 3, 0))::BIGINT;

-- Rows that say exactly what another one of their day of arrival says, whatever their id, address and clocks.
CREATE TEMP MACRO repeated(name, source) AS TABLE
SELECT name AS home, content.day AS day, count(*) - count(DISTINCT content) AS repeated
FROM (SELECT t AS content FROM (
  SELECT make_timestamp(epoch_us(ingested_at))::DATE AS day,
         * EXCLUDE (event_id, topic, epoch, partition, "offset", kafka_timestamp, ingested_at, processing_time, quality_flags,
                    lateness_seconds)
  FROM query_table(source)) AS t)
GROUP BY ALL;
