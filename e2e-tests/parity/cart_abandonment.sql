-- gold.cart_abandonment, from the sessions and the cart events themselves.
WITH carts AS (
  SELECT event_id, currency, CASE event_type WHEN 'remove_from_cart' THEN -total_value ELSE total_value END AS value
  FROM silver_cart_events WHERE event_type <> 'begin_checkout'
),
per_session AS (
  SELECT first_day AS day, session_key, bool_or(kind = 'add_to_cart') AS has_cart,
         bool_or(kind = 'begin_checkout') AS has_checkout, bool_or(is_purchase) AS has_purchase,
         greatest(coalesce(sum(value) FILTER (currency = getvariable('base')), 0), 0) AS value,
         coalesce(bool_or(currency <> getvariable('base')), false) AS is_foreign
  FROM session_events LEFT JOIN carts USING (event_id) GROUP BY ALL
),
per_day AS (
  SELECT day, count(*) FILTER (has_cart) AS carts, count(*) FILTER (has_cart AND NOT has_purchase) AS abandoned,
         count(*) FILTER (has_checkout) AS checkouts,
         count(*) FILTER (has_checkout AND NOT has_purchase) AS abandoned_checkouts,
         coalesce(sum(value) FILTER (has_cart AND NOT has_purchase), 0) AS value,
         count(*) FILTER (has_cart AND NOT has_purchase AND is_foreign) AS other_currency
  FROM per_session WHERE has_cart OR has_checkout GROUP BY ALL
)
SELECT day AS partition_date, carts AS cart_sessions, abandoned AS abandoned_carts,
  half_up(abandoned, carts, 6) AS "abandonment_rate*6", checkouts AS checkout_sessions, abandoned_checkouts,
  half_up(abandoned_checkouts, checkouts, 6) AS "checkout_abandonment_rate*6",
  value::DECIMAL(28, 4) AS abandoned_value, half_up((value * 10000)::HUGEINT, abandoned, 0) AS "avg_abandoned_value*4",
  other_currency AS other_currency_abandoned_carts
FROM per_day WHERE day IN (SELECT day FROM days)
