-- gold.daily_funnel: the earliest event of each step after the earliest one of the step before, by plain joins.
WITH steps AS (
  SELECT session_key, first_day, micros::VARCHAR.lpad(20, '0') || event_id AS place,
         CASE WHEN kind = 'page_view' AND product_id IS NOT NULL THEN 1 WHEN kind = 'add_to_cart' THEN 2
              WHEN kind = 'begin_checkout' THEN 3 WHEN is_purchase THEN 4 END AS step
  FROM session_events
),
viewed AS (SELECT session_key, min(place) AS place FROM steps WHERE step = 1 GROUP BY ALL),
carted AS (
  SELECT s.session_key, min(s.place) AS place FROM steps AS s JOIN viewed AS b USING (session_key)
  WHERE s.step = 2 AND s.place > b.place GROUP BY ALL),
checked_out AS (
  SELECT s.session_key, min(s.place) AS place FROM steps AS s JOIN carted AS b USING (session_key)
  WHERE s.step = 3 AND s.place > b.place GROUP BY ALL),
bought AS (
  SELECT s.session_key, min(s.place) AS place FROM steps AS s JOIN checked_out AS b USING (session_key)
  WHERE s.step = 4 AND s.place > b.place GROUP BY ALL),
per_session AS (
  SELECT first_day AS day, session_key,
         count(*) FILTER (step = 1) > 0 AS any_view, count(*) FILTER (step = 2) > 0 AS any_cart,
         count(*) FILTER (step = 3) > 0 AS any_checkout, count(*) FILTER (step = 4) > 0 AS any_purchase
  FROM steps GROUP BY ALL
),
per_day AS (
  SELECT day, count(*) AS sessions, count(v.place) AS viewed, count(c.place) AS carted, count(o.place) AS checked_out,
         count(b.place) AS bought, count(*) FILTER (any_view) AS any_view, count(*) FILTER (any_cart) AS any_cart,
         count(*) FILTER (any_checkout) AS any_checkout, count(*) FILTER (any_purchase) AS any_purchase,
         count(*) FILTER (any_purchase AND NOT any_cart) AS without_cart
  FROM per_session LEFT JOIN viewed v USING (session_key) LEFT JOIN carted c USING (session_key)
  LEFT JOIN checked_out o USING (session_key) LEFT JOIN bought b USING (session_key)
  GROUP BY ALL
)
SELECT day AS partition_date, sessions, viewed AS view_sessions, carted AS cart_sessions,
  checked_out AS checkout_sessions, bought AS purchase_sessions,
  half_up(carted, viewed, 6) AS "view_to_cart_rate*6", half_up(checked_out, carted, 6) AS "cart_to_checkout_rate*6",
  half_up(bought, checked_out, 6) AS "checkout_to_purchase_rate*6", half_up(bought, viewed, 6) AS "view_to_purchase_rate*6",
  any_view AS any_view_sessions, any_cart AS any_cart_sessions, any_checkout AS any_checkout_sessions,
  any_purchase AS any_purchase_sessions, without_cart AS purchases_without_cart
FROM per_day WHERE day IN (SELECT day FROM days)
